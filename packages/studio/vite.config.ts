// Builds the pages into dist/page; the device server of the command line serves them together with ONNX Runtime.
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // The runtime is the large part, and it is served as it is.
    modulePreload: false,
    // Whether the machine was busy while it built is no warning.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: 'es' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
