import { expect, it } from 'vitest';
import { createOrtEngine, listProviders } from '../engine/ort-engine.ts';
import { findProviders } from './find-providers.ts';

it('tells of every provider whether it computes, and why not', async () => {
  const states = await findProviders();
  expect(states[0]).toEqual({ name: 'cpu' });
  expect(states.map(({ name }) => name).sort()).toEqual([...(await listProviders())].sort());
  for (const { obstacle } of states) if (obstacle !== undefined) expect(obstacle).toMatch(/\.$/);
});

it('finds out by running, not by asking', async () => {
  const engine = createOrtEngine();
  const states = await findProviders({
    ...engine,
    load: (model) => engine.load(model, { provider: 'abacus' }),
  });
  for (const { obstacle } of states) expect(obstacle).toMatch(/'abacus' is not available/);
});
