// What the commands on one model have in common: an engine, an analysis, and its progress on the terminal.
import { EspalierError } from '@espalier/core';
import { type Analysis, analyseFile, createOrtEngine, follow, type PipelineEvent } from '@espalier/node';
import type { Terminal } from '../output/terminal.ts';

/** What every command on a model is given. */
interface ModelContext {
  readonly options: { readonly inputShape: readonly string[] };
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

const STEP_TEXTS = {
  read: 'reading the model',
  trace: 'tracing shapes',
  couple: 'finding coupled channels',
  calibrate: 'looking at images',
  score: 'scoring channels',
  latency: 'measuring latency',
  plan: 'choosing channels',
  cut: 'cutting',
  verify: 'proving the cut',
  recover: 'recovering',
} as const;

/** Analyses the model at `path`, telling the terminal about it. */
export function analyseModel(
  path: string,
  { options, terminal, signal }: ModelContext,
  engine = createOrtEngine(),
): Promise<Analysis> {
  const inputShapes = parseInputShapes(options.inputShape);
  return follow(analyseFile(path, { engine, inputShapes, signal }), (event) => showEvent(event, terminal));
}

/** Shows an event of a pipeline. */
export function showEvent(event: PipelineEvent, terminal: Terminal): void {
  if (event.type === 'step') terminal.progress(STEP_TEXTS[event.step], event.fraction);
  else terminal.warn(event.text);
}

/** Reads `name:1x3x224x224` and, for the only input, `1x3x224x224`. Error: `options.bad-shape`. */
export function parseInputShapes(texts: readonly string[]): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    texts.map((text) => {
      // Names may hold colons themselves (`input:0`), sizes never do.
      const at = text.lastIndexOf(':');
      const dims = text
        .slice(at + 1)
        .split('x')
        .map(Number);
      if (dims.every((dim) => Number.isInteger(dim) && dim > 0))
        return [text.slice(0, Math.max(at, 0)), dims];
      throw new EspalierError({
        kind: 'usage',
        code: 'options.bad-shape',
        message: `--input-shape cannot be '${text}'.`,
        hint: 'Write it as name:1x3x224x224, with sizes above 0.',
      });
    }),
  );
}
