// A certificate of this machine's own, for pages on other devices: browsers give threads and WebGPU only to pages over https. Nobody vouches
// for it, so browsers ask once whether to go on.
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EspalierError } from '@espalier/core';

/** Certificate and private key, PEM. */
export interface OwnCertificate {
  readonly cert: string;
  readonly key: string;
}

const DAYS = 365;

/**
 * The certificate that lies at `path`, key included, when it names all of these hosts and does not end today; else a new one, made with openssl
 * and written there, so that a browser is asked only once. Without a path it is not kept. Throws `device.no-openssl`.
 */
export async function ownCertificate(hosts: readonly string[], path?: string): Promise<OwnCertificate> {
  const kept = path && (await readFile(path, 'utf8').catch(() => undefined));
  if (kept && isGood(kept, hosts)) return { cert: kept, key: kept };
  const made = await makeCertificate(hosts);
  if (path !== undefined) await writeFile(path, `${made.key}${made.cert}`, { mode: 0o600 }).catch(() => {});
  return made;
}

function isGood(pem: string, hosts: readonly string[]): boolean {
  try {
    const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
    const tomorrow = Date.now() + 24 * 3600 * 1000;
    if (Date.parse(certificate.validTo) < tomorrow) return false;
    return hosts.every((host) => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)));
  } catch {
    return false;
  }
}

async function makeCertificate(hosts: readonly string[]): Promise<OwnCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-certificate-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const names = hosts.map((host) => `${isIP(host) ? 'IP' : 'DNS'}:${host}`).join(',');
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', String(DAYS), '-subj', '/CN=espalier', '-addext', `subjectAltName=${names}`],
      ...['-addext', 'extendedKeyUsage=serverAuth', '-keyout', key, '-out', cert],
    ]);
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  } catch (cause) {
    throw new EspalierError({
      kind: 'io',
      code: 'device.no-openssl',
      message: `No certificate can be made: ${(cause as Error).message.trim()}`,
      hint: 'Install openssl, or give a certificate and key of your own with --cert and --cert-key.',
      cause,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
