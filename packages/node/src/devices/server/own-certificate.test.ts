import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeviceServer } from './device-server.ts';
import { ownCertificate } from './own-certificate.ts';

const noOpenssl = spawnSync('openssl', ['version']).status !== 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-own-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(noOpenssl)(`ownCertificate${noOpenssl ? ' (skipped: there is no openssl)' : ''}`, () => {
  it('is kept for the same hosts, and made anew for others', async () => {
    const path = join(folder, 'kept.pem');
    const first = await ownCertificate(['192.0.2.7', 'localhost'], path);
    const certificate = new X509Certificate(first.cert);
    expect(certificate.checkIP('192.0.2.7')).toBe('192.0.2.7');
    expect(certificate.checkHost('localhost')).toBe('localhost');
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o077).toBe(0);
    const again = await ownCertificate(['192.0.2.7'], path);
    expect(again.cert).toContain(first.cert.trim());
    const other = await ownCertificate(['192.0.2.8'], path);
    expect(new X509Certificate(other.cert).fingerprint256).not.toBe(certificate.fingerprint256);
  });

  it('is made anew where there is something else', async () => {
    const path = join(folder, 'broken.pem');
    await writeFile(path, 'no certificate');
    expect((await ownCertificate(['localhost'], path)).cert).toContain('BEGIN CERTIFICATE');
  });

  it('serves https, kept or new', async () => {
    const path = join(folder, 'served.pem');
    for (let start = 0; start < 2; start++) {
      const tls = await ownCertificate(['localhost'], path);
      const server = await openDeviceServer({ port: 0, tls });
      const status = await new Promise((resolve, reject) => {
        request(new URL('/api/stream', server.urls[0]), { ca: tls.cert, agent: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(401);
      await server.close();
    }
  });
});
