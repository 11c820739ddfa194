import { describe, expect, it } from 'vitest';
import { createTerminal, type TerminalParts } from './terminal.ts';

function record(parts: Partial<TerminalParts> & { readonly tty?: boolean } = {}) {
  const written = { stdout: '', stderr: '' };
  let clock = 0;
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: parts.tty ?? false,
    columns: 20,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const terminal = createTerminal({
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    environment: {},
    quiet: false,
    now: () => clock,
    ...parts,
  });
  return { terminal, written, tick: (ms: number) => (clock += ms) };
}

describe('createTerminal', () => {
  it('prints the result to stdout and everything else to stderr', () => {
    const { terminal, written } = record();
    terminal.print(['a', 'b']);
    terminal.log('reading');
    terminal.warn('careful');
    expect(written).toEqual({ stdout: 'a\nb\n', stderr: 'reading\nwarning: careful\n' });
  });

  it('keeps warnings when quiet', () => {
    const { terminal, written } = record({ quiet: true });
    terminal.log('reading');
    terminal.progress('scoring', 0.5);
    terminal.warn('careful');
    expect(written.stderr).toBe('warning: careful\n');
  });

  it('writes a plain progress line per label and every ten seconds where nobody watches', () => {
    const { terminal, written, tick } = record();
    terminal.progress('scoring', 0);
    tick(9000);
    terminal.progress('scoring', 0.4);
    tick(1000);
    terminal.progress('scoring', 0.5);
    terminal.progress('proving');
    expect(written.stderr).toBe('scoring 0 %\nscoring 50 %\nproving\n');
  });

  it('has one live line on a terminal, cut to its width and gone before anything else', () => {
    const { terminal, written } = record({ tty: true, environment: { NO_COLOR: '1' } });
    terminal.progress('a label longer than the window');
    terminal.log('done');
    terminal.settle();
    expect(written.stderr).toBe('\r\u001b[2Ka label longer than\r\u001b[2Kdone\n');
  });

  it.each([
    [{ tty: true, environment: {} }, '\u001b[1mx\u001b[22m'],
    [{ tty: true, environment: { NO_COLOR: '1' } }, 'x'],
    [{ tty: true, environment: { TERM: 'dumb' } }, 'x'],
    [{ tty: false, environment: {} }, 'x'],
    [{ tty: false, environment: { FORCE_COLOR: '1' } }, '\u001b[1mx\u001b[22m'],
  ])('colours as asked: %o', (parts, text) => {
    expect(record(parts).terminal.paint.bold('x')).toBe(text);
  });
});
