import { EspalierError } from '@espalier/core';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { errorDocument } from '../documents/error-document.ts';
import { toEspalierError } from '../errors/to-espalier-error.ts';
import { plainPaint } from '../output/paint.ts';
import { describeError, formatError } from './error-report.ts';

const error = new EspalierError({
  kind: 'model',
  code: 'onnx.truncated',
  message: 'It ends early.',
  hint: 'Copy it.',
});

describe('errors', () => {
  it('are two lines, or one without a hint', () => {
    expect(formatError(error, plainPaint)).toEqual([
      'error onnx.truncated: It ends early.',
      'hint: Copy it.',
    ]);
    const bare = new EspalierError({ kind: 'io', code: 'io.x', message: 'No.' });
    expect(formatError(bare, plainPaint)).toEqual(['error io.x: No.']);
  });

  it('are documents with the exit code of their kind', () => {
    const document = describeError(error);
    expect(errorDocument.parse(document)).toEqual(document);
    expect(document).toMatchObject({ kind: 'model', exitCode: 3 });
  });
});

describe('toEspalierError', () => {
  it('turns usage errors of the parser into ours', () => {
    const unknown = new CommanderError(
      1,
      'commander.unknownOption',
      "error: unknown option '--mac'\n(Did you mean --macs?)",
    );
    expect(toEspalierError(unknown)).toMatchObject({
      kind: 'usage',
      code: 'usage.unknown-flag',
      message: "Unknown option '--mac'.",
      hint: 'Did you mean --macs? See `espalier --help` and `espalier COMMAND --help`.',
    });
  });

  it('knows aborted work, keeps our errors, and calls the rest a fault', () => {
    expect(toEspalierError(new DOMException('Stop', 'AbortError'))).toMatchObject({ kind: 'interrupted' });
    expect(toEspalierError(error)).toBe(error);
    expect(toEspalierError(new TypeError('x is not a function'))).toMatchObject({
      code: 'internal',
      message: 'Something unexpected happened: x is not a function',
    });
  });
});
