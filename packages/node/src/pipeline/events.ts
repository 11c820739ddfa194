// What a pipeline tells while it works, whoever listens: a terminal, a log, a page.

/** The steps from a file to a smaller file, in their order. */
export type PipelineStep =
  | 'read'
  | 'trace'
  | 'couple'
  | 'calibrate'
  | 'score'
  | 'latency'
  | 'plan'
  | 'cut'
  | 'verify'
  | 'recover';

/** One event of a pipeline. */
export type PipelineEvent =
  /** A step begins, or is so far: `fraction` 0 to 1 where known. */
  | { readonly type: 'step'; readonly step: PipelineStep; readonly fraction?: number }
  /** Something the user should know: an assumed size, weights that cost time. */
  | { readonly type: 'note'; readonly text: string };

/** Runs a pipeline to its end, handing every event to `listen`, and returns what it returns. A listener that throws ends the pipeline, which closes what it opened. */
export async function follow<Event, Result>(
  pipeline: AsyncGenerator<Event, Result>,
  listen: (event: Event) => void = () => {},
): Promise<Result> {
  try {
    let step = await pipeline.next();
    for (; !step.done; step = await pipeline.next()) listen(step.value);
    return step.value;
  } finally {
    await pipeline.return(undefined as never);
  }
}
