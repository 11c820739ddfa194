// Where a training runs: on the provider that was asked for, or on the processor with the reason why not there.
import { type Engine, EspalierError, GraphBuilder, type LoadOptions } from '@espalier/core';

/** Load options a training can work with, and the sentence that says what became of a wish. */
export interface SettledProvider {
  readonly load: LoadOptions;
  readonly note?: string;
}

/** What becomes of a training whose provider fails. */
export const ON_PROCESSOR = 'The training runs on the processor instead.';

/**
 * Tries the provider on the smallest of models. One that this build or machine lacks gives way to the processor, since a training that takes longer is better
 * than none. Errors: those of the engine, but `engine.provider-unavailable`.
 */
export async function settleProvider(engine: Engine, load: LoadOptions): Promise<SettledProvider> {
  const { provider = 'cpu', ...rest } = load;
  if (provider === 'cpu') return { load };
  const graph = new GraphBuilder();
  graph.output(graph.node('Relu', [graph.input('x', [1])]), [1]);
  try {
    await (await engine.load(graph.model(), load)).close();
    return { load };
  } catch (error) {
    if (!(error instanceof EspalierError && error.code === 'engine.provider-unavailable')) throw error;
    return { load: rest, note: `${error.message} ${ON_PROCESSOR}` };
  }
}
