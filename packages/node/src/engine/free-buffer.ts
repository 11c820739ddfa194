// Memory given back at once. Node has no call for that: what is moved into a port that is closed goes with the message nobody gets.
import { MessageChannel, type MessagePort } from 'node:worker_threads';

let closed: MessagePort | undefined;

/** Frees the memory of a buffer, which is empty from then on. */
export function freeBuffer(buffer: ArrayBuffer): void {
  if (!closed) {
    closed = new MessageChannel().port1;
    closed.close();
  }
  closed.postMessage(undefined, [buffer]);
}
