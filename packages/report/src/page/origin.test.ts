import { expect, it } from 'vitest';
import { listOrigin } from './origin.ts';
import { makeRunPage } from './run-page.ts';
import { source } from './small-run.case.ts';

it('lists commands and the place of a run', () => {
  const { commands, environment } = listOrigin(makeRunPage(source));
  expect(commands).toEqual([
    ['This run', 'espalier run net.onnx --data images --target macs=0.6'],
    ['Next', 'espalier eval runs/a/models/best.onnx --data images'],
  ]);
  expect(environment).toContainEqual(['started', '2026-01-02 03:04 UTC']);
  expect(environment).toContainEqual(['memory', '8.00 GB']);
  expect(environment.map(([name]) => name)).not.toContain('system');
});

it('tells nothing of what is not there, or is something else', () => {
  const record = { about: { command: 7, machine: 'none', startedAt: null }, settings: {} };
  expect(listOrigin(makeRunPage({ journal: [], record }))).toEqual({ commands: [], environment: [] });
});
