// The pages of a run folder, `report.html` and `report.md`, made from what lies in it: at the end of a run and whenever it is asked for again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EspalierError, type SearchRecord } from '@espalier/core';
import { RUN_PATHS, readJournal, readRunRecord } from '@espalier/node';
import type { RunFacts, RunPage } from '@espalier/report';

/** The pages as text. */
export interface RunPages {
  readonly html: string;
  readonly markdown: string;
}

/**
 * Reads what a run folder tells; without `report.json`, as a killed run leaves it, latencies and layers are missing.
 * Errors: those of `readRunRecord`; `run.damaged` (io) for a `report.json` that cannot be read.
 */
export async function readRunPage(folder: string): Promise<RunPage> {
  const { makeRunPage } = await import('@espalier/report');
  const record = await readRunRecord(folder);
  const facts = await readFacts(join(folder, 'report.json'));
  return makeRunPage({
    record,
    journal: readJournal(join(folder, RUN_PATHS.events)) as readonly SearchRecord[],
    ...(facts && { facts }),
  });
}

/** Draws both pages of a run folder. Errors: those of {@link readRunPage}. */
export async function drawRunPages(folder: string): Promise<RunPages> {
  // Loaded here, so that commands without a page need neither plots nor a DOM.
  const { drawRunPage, formatRunPage } = await import('@espalier/report');
  const { parseHTML } = await import('linkedom');
  const page = await readRunPage(folder);
  const { document } = parseHTML('<!doctype html><html><head></head><body></body></html>');
  return { html: drawRunPage(page, document), markdown: formatRunPage(page) };
}

async function readFacts(file: string): Promise<RunFacts | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const facts = JSON.parse(text) as RunFacts;
    if (facts.schema !== 'espalier/report@1') throw new Error(`its schema is ${facts.schema}`);
    return facts;
  } catch (cause) {
    throw new EspalierError({
      kind: 'io',
      code: 'run.damaged',
      message: `What ${file} says of the run cannot be read: ${(cause as Error).message}.`,
      hint: 'Remove the file, and the page is drawn from the journal alone.',
      cause,
    });
  }
}
