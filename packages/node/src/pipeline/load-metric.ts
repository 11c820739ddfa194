// A metric of the user's own: an ES module that exports `createMetric`.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EspalierError, type Metric } from '@espalier/core';

/**
 * Imports the module at `path` and returns its `createMetric`, a function without arguments that makes a new `Metric`. Errors, kind usage:
 * `metric.unreadable` when the module does not load, `metric.no-factory` when it exports no such function.
 */
export async function loadMetric(path: string): Promise<() => Metric> {
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(resolve(path)).href).catch(
    (cause: Error) => {
      throw new EspalierError({
        kind: 'usage',
        code: 'metric.unreadable',
        message: `The metric ${path} cannot be loaded: ${cause.message}.`,
        hint: 'Give the path of an ES module (.mjs).',
        cause,
      });
    },
  );
  if (typeof module.createMetric === 'function') return module.createMetric as () => Metric;
  throw new EspalierError({
    kind: 'usage',
    code: 'metric.no-factory',
    message: `The metric ${path} exports no function createMetric.`,
    hint: 'Export `function createMetric()` that returns { name, higherIsBetter, add, result }.',
  });
}
