// Several generators as one.

/**
 * What the generators yield, each as soon as it comes; a generator goes on once its last value has been taken. When one fails, or nobody wants more, the
 * others are ended first.
 */
export async function* mergeGenerators<Value>(
  generators: readonly AsyncGenerator<Value>[],
): AsyncGenerator<Value> {
  const next = async (generator: AsyncGenerator<Value>) => ({ generator, result: await generator.next() });
  const open = new Map(generators.map((generator) => [generator, next(generator)]));
  try {
    while (open.size > 0) {
      const { generator, result } = await Promise.race(open.values());
      open.delete(generator);
      if (result.done) continue;
      yield result.value;
      open.set(generator, next(generator));
    }
  } finally {
    await Promise.allSettled(generators.map((generator) => generator.return(undefined)));
  }
}
