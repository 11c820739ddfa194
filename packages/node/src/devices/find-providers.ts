// Which execution providers of this machine really compute: a runtime knows more than there are adapters and drivers for.
import { type Engine, EspalierError, GraphBuilder } from '@espalier/core';
import { createOrtEngine, listProviders } from '../engine/ort-engine.ts';

/** A provider the runtime knows. */
export interface ProviderState {
  readonly name: string;
  /** Why it cannot be used; absent when a model of one node ran on it. */
  readonly obstacle?: string;
}

/** Tries every provider of the runtime out, `cpu` first. Throws `engine.unavailable` without a runtime. */
export async function findProviders(engine: Engine = createOrtEngine()): Promise<readonly ProviderState[]> {
  const names = [...(await listProviders())].sort((a, b) => Number(b === 'cpu') - Number(a === 'cpu'));
  const states: ProviderState[] = [];
  for (const name of names) states.push({ name, ...(await tryProvider(engine, name)) });
  return states;
}

async function tryProvider(engine: Engine, provider: string): Promise<{ readonly obstacle?: string }> {
  const g = new GraphBuilder();
  g.output(g.node('Neg', [g.input('x', [1])]), [1]);
  try {
    const session = await engine.load(g.model(), { provider });
    try {
      await session.run({ x: { type: 'float32', dims: [1], data: Float32Array.of(2) } });
    } finally {
      await session.close();
    }
    return {};
  } catch (error) {
    if (error instanceof EspalierError) return { obstacle: error.message };
    throw error;
  }
}
