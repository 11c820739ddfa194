import { expect, it } from 'vitest';
import { typedDataFlags } from './data-source.ts';

it('typedDataFlags repeats what was typed, the config file among it, and nothing that is said elsewhere', () => {
  const options = { config: 'a.yaml', recordShape: '3x8x8', preprocess: 'scale=1/255', macs: 0.5 };
  const sources = { config: 'flag', recordShape: 'flag', preprocess: 'config', macs: 'flag' } as const;
  expect(typedDataFlags({ options, sources })).toEqual({ config: 'a.yaml', recordShape: '3x8x8' });
});
