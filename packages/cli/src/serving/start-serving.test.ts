import { describe, expect, it } from 'vitest';
import { describeServer } from './start-serving.ts';

describe('describeServer', () => {
  it('shows the address, and how to open it to others', () => {
    const lines = describeServer(['http://localhost:8797/#k7qf'], '127.0.0.1').join('\n');
    expect(lines).toContain('  http://localhost:8797/#k7qf\n');
    expect(lines).toContain('say --host 0.0.0.0');
    expect(lines).not.toMatch(/[▀▄█]/);
  });

  it('shows a code to point a camera at where a camera can come, and what is missing without https', () => {
    const urls = ['http://192.168.1.20:8797/#k7qf', 'http://localhost:8797/#k7qf'];
    const lines = describeServer(urls, '0.0.0.0').join('\n');
    expect(lines).toMatch(/[▀▄█]{5}/);
    for (const url of urls) expect(lines).toContain(url);
    expect(lines).toContain('Without https');
    expect(describeServer(['https://192.168.1.20:8797/#k7qf'], '0.0.0.0').join('\n')).not.toContain(
      'Without',
    );
  });
});
