import { expect, it } from 'vitest';
import { nameModels, sumByProvider } from './bench.ts';

it('names models by their files, or by whole paths where two are alike', () => {
  expect(nameModels(['a/net.onnx', 'b/cut.onnx'])).toEqual(['net.onnx', 'cut.onnx']);
  expect(nameModels(['a/net.onnx', 'b/net.onnx'])).toEqual(['a/net.onnx', 'b/net.onnx']);
});

it('adds up what each provider ran', () => {
  const rows = [
    { provider: 'webgpu', share: 0.5 },
    { provider: 'cpu', share: 0.25 },
    { provider: 'webgpu', share: 0.25 },
  ];
  expect(sumByProvider(rows)).toEqual([
    { provider: 'webgpu', kernels: 2, share: 0.75 },
    { provider: 'cpu', kernels: 1, share: 0.25 },
  ]);
});
