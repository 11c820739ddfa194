// Keeps this page joined: through lost connections, sleep, and on phones through the times when another app is in front.
import { type HostFacts, runHost } from '@espalier/core';
import { measureHere } from './measure-here.ts';
import { advancePage, INITIAL_STATE, type PageState } from './page-state.ts';
import { recallIdentity, rememberIdentity } from './pairing-memory.ts';

/** What a page becomes a host with. */
export interface LiveHostOptions {
  readonly token: string;
  readonly facts: HostFacts;
  /** Whether the system puts pages to sleep that are not in front: such a page leaves, and comes back. */
  readonly sleeps: boolean;
  readonly update: (state: PageState) => void;
}

/** How soon a page looks for another server after a goodbye. */
const LOOK_OUT_MS = 3000;

/** Joins and measures until a server refuses the token. */
export async function liveHost({ token, facts, sleeps, update }: LiveHostOptions): Promise<void> {
  let state = INITIAL_STATE;
  // After a goodbye the page looks out quietly for a server with the same token: the next measurement of the same person.
  let ended = false;
  const show = (next: PageState): void => {
    state = next;
    update(state);
  };
  for (;;) {
    const leave = new AbortController();
    const leaveWhenHidden = (): void => {
      if (document.hidden && sleeps) leave.abort();
    };
    document.addEventListener('visibilitychange', leaveWhenHidden);
    const former = recallIdentity(token, sessionStorage);
    try {
      const events = runHost({
        fetch: (url, request) => fetch(url, request),
        sleep,
        url: location.origin,
        token,
        facts,
        measure: measureHere,
        signal: leave.signal,
        ...(former && { former }),
      });
      for await (const event of events) {
        if (event.type === 'joined') rememberIdentity(token, event.identity, sessionStorage);
        if (ended && event.type === 'lost') continue;
        ended = event.type === 'bye';
        show(advancePage(state, event));
      }
    } catch {
      if (!ended) show({ ...state, phase: 'refused' });
      return;
    } finally {
      document.removeEventListener('visibilitychange', leaveWhenHidden);
    }
    if (ended) {
      await sleep(LOOK_OUT_MS);
      continue;
    }
    show({ ...state, phase: 'away', models: [], fraction: 0 });
    await untilVisible();
  }
}

/** Keeps the screen on while this page is in front, where the browser can; tells whether it is kept on. */
export async function keepAwake(tell: (awake: boolean) => void): Promise<void> {
  const ask = async (): Promise<void> => {
    if (document.hidden) return;
    const lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    tell(lock !== undefined);
    lock?.addEventListener('release', () => tell(false));
  };
  document.addEventListener('visibilitychange', ask);
  await ask();
}

function sleep(
  ms: number,
  signal?: { addEventListener(type: 'abort', listener: () => void): void },
): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal?.addEventListener('abort', resolve);
  });
}

function untilVisible(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    look();
  });
}
