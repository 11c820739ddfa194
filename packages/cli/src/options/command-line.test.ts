import { expect, it } from 'vitest';
import { formatCommandLine } from './command-line.ts';

it('writes what differs from silence: values, repeated lists, flags that were switched', () => {
  const given = {
    macs: 0.6,
    ignore: ['head*', 'stem'],
    force: true,
    verify: false,
    bench: true,
    json: false,
  };
  expect(formatCommandLine('prune', ['net.onnx'], given)).toBe(
    "espalier prune net.onnx --macs 0.6 --ignore 'head*' --ignore stem --force --no-verify",
  );
});

it('quotes what a shell would take apart', () => {
  expect(formatCommandLine('bench', ["it's one.onnx", 'a b.onnx'], {})).toBe(
    "espalier bench 'it'\\''s one.onnx' 'a b.onnx'",
  );
});
