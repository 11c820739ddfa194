// What hosts may send, checked before anything is believed: bodies come from the network.
import type { HostReport, JoinRequest } from '@espalier/core';
import { z } from 'zod';

const text = z.string().max(500);
const count = z.int().min(1).max(4096);
const milliseconds = z.number().min(0);

const joinRequest = z.object({
  facts: z.object({
    kind: z.enum(['browser', 'machine']),
    name: text.min(1),
    runtime: text,
    providers: z.array(text).max(20),
    processor: text,
    adapter: text.optional(),
    cores: count.optional(),
    os: text,
    browser: text.optional(),
    defaultThreads: count.optional(),
    maxThreads: count.optional(),
  }),
  former: z.object({ id: text, key: text }).optional(),
});

const hostReport = z.discriminatedUnion('type', [
  z.object({ type: z.literal('alive') }),
  z.object({ type: z.literal('warning'), message: text }),
  z.object({ type: z.literal('loaded'), name: text, loadMs: milliseconds, firstRunMs: milliseconds }),
  z.object({ type: z.literal('progress'), rounds: z.int().min(0), fraction: z.number().min(0).max(1) }),
  z.object({
    type: z.literal('timed'),
    times: z.array(
      z.object({
        name: text,
        loadMs: milliseconds.optional(),
        firstRunMs: milliseconds.optional(),
        rounds: z.array(z.array(z.number().positive()).min(1)).min(1),
      }),
    ),
    threads: count.optional(),
  }),
  z.object({
    type: z.literal('failed'),
    kind: z.enum(['usage', 'model', 'data', 'target', 'verification', 'engine', 'io', 'interrupted']),
    code: z.string().regex(/^[a-z][a-z.-]{0,80}$/),
    message: z.string().max(4000),
    hint: text.optional(),
  }),
]);

/** A request to join, or undefined where the body is none. */
export function readJoinRequest(body: unknown): JoinRequest | undefined {
  // An absent field and an undefined one are the same in JSON, which is what zod's types do not say.
  return joinRequest.safeParse(body).data as JoinRequest | undefined;
}

/** A report, or undefined where the body is none. */
export function readHostReport(body: unknown): HostReport | undefined {
  return hostReport.safeParse(body).data as HostReport | undefined;
}
