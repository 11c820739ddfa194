// Where a run comes from, read from what its record says of itself: only what is there and is what it should be.
import { formatBytes } from '../text/units.ts';
import type { Fact, RunPage } from './run-page.ts';

/** Commands to copy, and facts of the place where the run was made. */
export interface Origin {
  readonly commands: readonly Fact[];
  readonly environment: readonly Fact[];
}

/** Lists them. */
export function listOrigin({ about, model, output, next }: RunPage): Origin {
  const text = (name: string, source: unknown = about): string | undefined => {
    const value = (source as Readonly<Record<string, unknown>> | undefined)?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = (about.machine as Readonly<Record<string, unknown>> | undefined)?.[name];
    return typeof value === 'number' ? value : undefined;
  };
  const present = (facts: readonly (readonly [string, string | undefined])[]): readonly Fact[] =>
    facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const [cores, memory] = [number('cores'), number('memory')];
  const platform = [text('platform', about.machine), text('release', about.machine)]
    .filter(Boolean)
    .join(', ');
  return {
    commands: present([
      ['This run', text('command')],
      ['Next', next],
    ]),
    environment: present([
      ['model', model?.path],
      ['SHA-256', model?.sha256],
      ['best model', output],
      ['started', text('startedAt')?.replace(/^(\S+)T(\d\d:\d\d).*Z$/, '$1 $2 UTC')],
      ['espalier', text('espalier')],
      ['Node', text('node', about.machine)],
      ['ONNX Runtime', text('onnxruntime', about.machine)],
      ['processor', text('cpu', about.machine)],
      ['cores', cores === undefined ? undefined : String(cores)],
      ['memory', memory === undefined ? undefined : formatBytes(memory)],
      ['system', platform === '' ? undefined : platform],
    ]),
  };
}
