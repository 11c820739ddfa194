import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { main } from './main.ts';

async function run(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const surroundings = { stdout: stream('stdout'), stderr: stream('stderr'), environment, folder: tmpdir() };
  return { code: await main(argv, surroundings), ...written };
}

describe('main', () => {
  it('prints a result as text or as its document', async () => {
    const text = await run(['config', 'print', '--macs', '0.5']);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^macs +0\.5 +flag$/m);
    const json = await run(['config', 'print'], { ESPALIER_JSON: 'true' });
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 'espalier/config@1', file: null });
  });

  it('prints failures to stderr, and as a document where JSON was asked for in any way', async () => {
    const text = await run(['prune', 'm.onnx']);
    expect(text).toMatchObject({ code: 2, stdout: '' });
    expect(text.stderr).toMatch(/^error prune\.no-target: .*\nhint: .*\n$/);
    const json = await run(['prune', 'm.onnx'], { ESPALIER_JSON: 'yes' });
    expect(JSON.parse(json.stdout)).toMatchObject({ code: 'prune.no-target', exitCode: 2 });
    expect(json.stderr).toBe(text.stderr);
  });

  it('adds the stack of the cause on ESPALIER_DEBUG', async () => {
    const { stderr } = await run(['prune', 'm.onnx', '--mac', '1'], { ESPALIER_DEBUG: '1' });
    expect(stderr).toMatch(/CommanderError: [\s\S]*\n {4}at /);
  });

  it('leaves no signal handlers behind', async () => {
    const before = process.listenerCount('SIGINT');
    await run(['config', 'schema']);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
