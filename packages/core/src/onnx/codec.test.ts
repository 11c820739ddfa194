import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeModel, encodedSize, encodeModel, encodeModelChunks } from './codec.ts';
import { joinChunks } from './wire.ts';

const models = fileURLToPath(new URL('../../../../../shared/data/models/', import.meta.url));
const files = existsSync(models)
  ? readdirSync(models, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.onnx'))
  : [];

describe.skipIf(files.length === 0)('shared models (skipped: no ../shared/data/models)', () => {
  it.each(files)('%s comes back byte for byte', (file) => {
    const bytes = readFileSync(models + file);
    const model = decodeModel(bytes);
    expect(encodeModel(model).length).toBe(bytes.length);
    expect(bytes.equals(encodeModel(model))).toBe(true);
    // A copy remembers no bytes: everything is encoded from its fields.
    const copy = structuredClone(model);
    const rebuilt = encodeModel(copy);
    expect(bytes.equals(rebuilt)).toBe(true);
    expect(encodedSize(copy)).toBe(bytes.length);
    expect(bytes.equals(joinChunks(encodeModelChunks({ ...model, graph: { ...model.graph } })))).toBe(true);
  });
});
