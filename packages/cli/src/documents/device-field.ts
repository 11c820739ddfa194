// A device as documents tell of it.
import { z } from 'zod';

/** What times depend on. */
export const deviceField = z.object({
  name: z.string(),
  runtime: z.string().describe('with its version; `command` for one of your own'),
  provider: z.string().describe('execution provider; the command for one of your own'),
  threads: z.int().optional().describe('absent when the runtime chose'),
  processor: z.string().describe('or graphics adapter; empty where nothing tells'),
  cores: z.int().optional(),
  os: z.string(),
  browser: z.string().optional(),
  fingerprint: z.string().describe('equal for devices that differ in nothing but their name'),
});
