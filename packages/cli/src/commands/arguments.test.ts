import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isNeeded, settleArguments } from './arguments.ts';

describe('settleArguments', () => {
  it('takes what was typed', () => {
    expect(settleArguments('run', ['a.onnx'], { model: 'b.onnx' })).toEqual(['a.onnx']);
    expect(settleArguments('bench', ['a.onnx', 'b.onnx'], {})).toEqual(['a.onnx', 'b.onnx']);
  });

  it('fills in the model, as a path from here', () => {
    const model = join(process.cwd(), 'models/net.onnx');
    for (const command of ['run', 'prune', 'inspect', 'bench'] as const)
      expect(settleArguments(command, [], { model })).toEqual(['models/net.onnx']);
  });

  it('leaves alone what is no model', () => {
    expect(settleArguments('doctor', [], { model: 'net.onnx' })).toEqual([]);
    expect(settleArguments('config print', [], {})).toEqual([]);
  });

  it('says how a missing model can be named', () => {
    expect(() => settleArguments('run', [], {})).toThrow(
      expect.objectContaining({
        ...{
          kind: 'usage',
          code: 'usage.missing-argument',
          message: 'Nothing says which model it is about.',
        },
        hint: expect.stringContaining('`espalier run MODEL`; or write `model: FILE` into espalier.yaml'),
      }),
    );
  });
});

it('isNeeded', () => {
  expect(isNeeded({ name: 'PRUNED', text: '' })).toBe(true);
  expect(isNeeded({ name: 'OTHERS...', text: '', required: false })).toBe(false);
  expect(isNeeded({ name: 'MODEL', text: '', option: 'model' })).toBe(false);
});
