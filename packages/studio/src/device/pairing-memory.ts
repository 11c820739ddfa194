// What a tab remembers of its pairing, so that it is the same device after it was loaded again.
import type { HostIdentity } from '@espalier/core';

/** The part of a browser's storage that is used. */
export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const TOKEN = 'espalier.token';
const IDENTITY = 'espalier.identity';

/** The pairing token: of the address, else of this tab; undefined before anybody gave one. */
export function recallToken(hash: string, memory: Memory): string | undefined {
  const token = readFragment(hash) || memory.getItem(TOKEN);
  if (!token) return undefined;
  memory.setItem(TOKEN, token);
  return token;
}

/** Who this tab was when it last joined with that token. */
export function recallIdentity(token: string, memory: Memory): HostIdentity | undefined {
  try {
    const { token: known, identity } = JSON.parse(memory.getItem(IDENTITY) ?? '{}');
    return known === token ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers who this tab is. */
export function rememberIdentity(token: string, identity: HostIdentity, memory: Memory): void {
  memory.setItem(IDENTITY, JSON.stringify({ token, identity }));
}

function readFragment(hash: string): string {
  try {
    return decodeURIComponent(hash.replace(/^#/, '')).trim();
  } catch {
    return '';
  }
}
