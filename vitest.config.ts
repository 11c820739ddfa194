import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./packages/${path}.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: {
      // The longer name first: the first that fits is taken.
      '@espalier/core/names': source('core/src/names'),
      '@espalier/core': source('core/src/index'),
      '@espalier/report/page-style': source('report/src/page-style'),
      '@espalier/report/units': source('report/src/text/units'),
      '@espalier/report': source('report/src/index'),
      '@espalier/node': source('node/src/index'),
    },
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    pool: 'forks',
    // Files share what they import, which halves the time of the whole suite's imports: a test that changes a global must put it back.
    isolate: false,
  },
});
