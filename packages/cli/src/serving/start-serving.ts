// Starts the device server for a command, and tells the user how a device joins.
import { readFile } from 'node:fs/promises';
import { EspalierError } from '@espalier/core';
import { addressesOf, cacheFile, type DeviceServer, openDeviceServer, ownCertificate } from '@espalier/node';
import { renderUnicodeCompact } from 'uqr';
import type { Terminal } from '../output/terminal.ts';
import { findPageFiles } from './page-files.ts';

/** The options that say where and how. */
export interface ServingOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  readonly https: boolean;
  readonly cert: string | undefined;
  readonly certKey: string | undefined;
}

/** Starts it. Errors: `device.no-page`, `device.cannot-listen`, `device.no-certificate`, `device.no-openssl`. */
export async function startServing(
  { host, port, token, https, cert, certKey }: ServingOptions,
  terminal: Pick<Terminal, 'log'>,
): Promise<DeviceServer> {
  const given = await readCertificate(cert, certKey);
  const own = https && !given;
  const tls = own ? await ownCertificate(addressesOf(host), await cacheFile('devices.pem')) : given;
  const files = await findPageFiles();
  const server = await openDeviceServer({
    host,
    port,
    files,
    ...(token !== undefined && { token }),
    ...(tls && { tls }),
  });
  for (const line of describeServer(server.urls, host)) terminal.log(line);
  if (own)
    terminal.log(
      'The browser does not know the certificate of this machine and asks once whether to go on: do.',
    );
  return server;
}

/** How a device joins, as lines: the addresses, and for devices elsewhere a code to point a camera at. */
export function describeServer(urls: readonly string[], host: string): readonly string[] {
  const [first] = urls;
  const joining = [
    '',
    'Open this page on the device, or run `espalier worker --join` with its address:',
    ...urls.map((url) => `  ${url}`),
  ];
  if (urls.length === 1 && new URL(first!).hostname === 'localhost') {
    return [
      ...joining,
      '',
      `Only this machine can reach ${host}; for a phone or another machine say --host 0.0.0.0.`,
      '',
    ];
  }
  const code = renderUnicodeCompact(first!, { border: 2 }).split('\n');
  const plain = new URL(first!).protocol === 'http:';
  const advice = 'Without https a page elsewhere has one thread and no WebGPU: say --https too.';
  return [...joining, '', ...code, ...(plain ? ['', advice] : []), ''];
}

async function readCertificate(
  cert: string | undefined,
  key: string | undefined,
): Promise<{ readonly cert: string; readonly key: string } | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  const hint = 'Both --cert and --cert-key are needed, PEM files; docs/devices.md shows how they are made.';
  const refuse = (message: string, cause?: unknown): never => {
    throw new EspalierError({ kind: 'usage', code: 'device.no-certificate', message, hint, cause });
  };
  if (cert === undefined || key === undefined) {
    return refuse(`--cert-key is ${key === undefined ? 'missing' : 'there, --cert is missing'}.`);
  }
  const read = (path: string): Promise<string> =>
    readFile(path, 'utf8').catch((cause: Error) =>
      refuse(`'${path}' cannot be read: ${cause.message}`, cause),
    );
  return { cert: await read(cert), key: await read(key) };
}
