import { describe, expect, it } from 'vitest';
import { lastLines, runShellLine } from './run-shell-line.ts';

describe('runShellLine', () => {
  it('returns what the line printed, stream by stream', async () => {
    const { stdout, stderr } = await runShellLine('echo out && echo err 1>&2', { seconds: 30 });
    expect([stdout.trim(), stderr.trim()]).toEqual(['out', 'err']);
  });

  it('keeps the end of an endless output', async () => {
    const code = "for (let i = 0; i < 150000; i++) console.log('line ' + i)";
    const { stdout } = await runShellLine(`"${process.execPath}" -e "${code}"`, { seconds: 60 });
    expect(stdout.length).toBeLessThanOrEqual(2 ** 20);
    expect(stdout.trimEnd().endsWith('line 149999')).toBe(true);
  });

  it('says how the line ended', async () => {
    await expect(runShellLine('exit 3', { seconds: 30 })).rejects.toMatchObject({
      code: 'device.command-failed',
      message: "The command 'exit 3' ended with exit code 3 and printed nothing.",
    });
  });

  it('does not begin when it is interrupted already', async () => {
    const controller = new AbortController();
    controller.abort();
    const outcome = runShellLine('echo', { seconds: 30, signal: controller.signal });
    await expect(outcome).rejects.toMatchObject({ kind: 'interrupted' });
  });
});

it('lastLines quotes the end of stderr, or of stdout where there is none', () => {
  expect(lastLines({ stdout: 'a\nb\nc\nd\n', stderr: ' ' })).toBe('b / c / d');
  expect(lastLines({ stdout: 'a', stderr: 'wrong\n' })).toBe('wrong');
  expect(lastLines({ stdout: '', stderr: '' })).toBe('');
});
