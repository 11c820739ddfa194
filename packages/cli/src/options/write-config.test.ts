import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfig } from './read-config.ts';
import { formatConfigFile } from './write-config.ts';

const text = formatConfigFile(
  './s.json',
  ['Two words.', ''],
  [
    {
      title: 'One',
      entries: [
        { option: 'model', value: 'net #1.onnx', why: ['Because it is here.'] },
        { option: 'ranking', value: 'local', off: true },
      ],
    },
    {
      title: 'Two',
      entries: [
        { option: 'maxDrop', value: '1%' },
        { option: 'roundTo', value: 8 },
        { option: 'ignore', value: ['head*', 'yes'] },
        { option: 'preprocess', value: 'scale=1/255 mean=0.5' },
      ],
    },
  ],
);

it('explains every key, and where its value is from', () => {
  const lines = text.split('\n');
  expect(lines.slice(0, 9)).toEqual([
    '# yaml-language-server: $schema=./s.json',
    '# Two words.',
    '#',
    '',
    '# --- One ---',
    '',
    '# The model, where the command line names none.',
    '# Because it is here.',
    'model: "net #1.onnx"',
  ]);
  expect(text).toMatch(/^# Channels compete .*\n# .* recovered: one of global, local\.\n#ranking: local$/m);
  expect(text).toMatch(
    /^# Kept widths become multiples of N; auto: .*\n# .*: a whole number at least 1, or auto\.\nround-to: 8$/m,
  );
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
});

it('is read back as what was written, without what is switched off', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-write-config-'));
  try {
    await writeFile(join(folder, 'espalier.yaml'), text);
    const expected = {
      maxDrop: '1%',
      roundTo: 8,
      ignore: ['head*', 'yes'],
      preprocess: 'scale=1/255 mean=0.5',
    };
    expect((await readConfig(undefined, folder))!.values).toEqual({
      ...{ model: join(folder, 'net #1.onnx'), ...expected },
    });
    await writeFile(join(folder, 'espalier.yaml'), text.replaceAll(/^#(?=[a-z])/gm, ''));
    expect((await readConfig(undefined, folder))!.values).toMatchObject({ ranking: 'local' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
