// Secrets of a device server: the token that people carry to a device, and keys and names that nobody ever sees.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Crockford's alphabet in lower case: no letter looks like a digit. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A pairing token of 60 random bits, short enough to be typed: `k7qf-2m9x-4tzd`. */
export function makePairingToken(): string {
  const letters = [...randomBytes(12)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return letters.replace(/(....)(?=.)/g, '$1-');
}

/** A key or an id that cannot be guessed: 128 random bits, fit for a URL. */
export function makeKey(): string {
  return randomBytes(16).toString('base64url');
}

/** Whether two secrets are equal, in a time that does not tell how much of them is. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
  return timingSafeEqual(digest(one), digest(other));
}
