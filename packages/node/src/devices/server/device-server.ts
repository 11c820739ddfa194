// The device server: serves the page of a device and the protocol behind it. Nothing but the page is open to who has no token.
import { readFile, stat } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { networkInterfaces } from 'node:os';
import { EspalierError } from '@espalier/core';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { stream } from 'hono/streaming';
import { DeviceHub, type HubOptions } from './device-hub.ts';
import { readHostReport, readJoinRequest } from './host-messages.ts';
import { makePairingToken, sameSecret } from './pairing.ts';

/** A file that the server offers to everybody. */
export interface OpenFile {
  /** Where it lies. */
  readonly path: string;
  /** Its media type. */
  readonly type: string;
}

/** Where the server listens and what it shows. */
export interface DeviceServerOptions extends HubOptions {
  /** Address to listen at, default `127.0.0.1`; `0.0.0.0` opens it to the network. */
  readonly host?: string;
  /** Default 8797; 0 takes any that is free. */
  readonly port?: number;
  /** Pairing token, default a random one. */
  readonly token?: string;
  /** The page, by URL path; nothing else of this machine can be reached. */
  readonly files?: ReadonlyMap<string, OpenFile>;
  /** Certificate and key, PEM, to serve https: pages on other devices have threads and WebGPU only then. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A running server. Close it. */
export interface DeviceServer {
  readonly hub: DeviceHub;
  readonly token: string;
  /** Addresses of the page, pairing token included, the best for another device first. */
  readonly urls: readonly string[];
  close(): Promise<void>;
}

/** Port that is listened at by default. */
export const DEVICE_PORT = 8797;
/** Times of a minute of a small model are about a megabyte. */
const MOST_BODY_BYTES = 8 * 2 ** 20;
const PING_MS = 10_000;

/** Starts a server. Throws `device.cannot-listen` when the address or port is taken or not this machine's. */
export async function openDeviceServer(options: DeviceServerOptions = {}): Promise<DeviceServer> {
  const {
    host = '127.0.0.1',
    port = DEVICE_PORT,
    token = makePairingToken(),
    files = new Map(),
    tls,
  } = options;
  const hub = new DeviceHub(options);
  const listener = getRequestListener(makeApp(hub, token, files).fetch);
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  await listen(server, host, port);
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  return {
    hub,
    token,
    urls: addressesOf(host).map(
      (name) => `${tls ? 'https' : 'http'}://${name}:${taken}/#${encodeURIComponent(token)}`,
    ),
    async close() {
      hub.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // What hosts were told last is on its way; whoever still keeps a connection is cut off.
        setTimeout(() => server.closeAllConnections(), 200).unref();
        server.closeIdleConnections();
      });
    },
  };
}

function makeApp(hub: DeviceHub, token: string, files: ReadonlyMap<string, OpenFile>): Hono<Variables> {
  const app = new Hono<Variables>();
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    return next();
  });
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: MOST_BODY_BYTES,
      onError: (c) => c.json({ message: 'The body is too large.' }, 413),
    }),
  );

  app.post('/api/join', async (c) => {
    const given = bearer(c.req.header('authorization'));
    if (given === undefined) return c.json({ message: 'A pairing token is needed.' }, 401);
    if (!sameSecret(given, token)) return c.json({ message: 'The pairing token is wrong.' }, 403);
    const request = readJoinRequest(await c.req.json().catch(() => undefined));
    if (!request) return c.json({ message: 'What it says of itself is not understood.' }, 400);
    const identity = hub.join(request);
    return identity ? c.json(identity) : c.json({ message: 'Too many devices have joined.' }, 429);
  });

  // Everything below belongs to a host that has joined.
  app.use('/api/*', async (c, next) => {
    const key = bearer(c.req.header('authorization'));
    if (key === undefined) return c.json({ message: 'Join first.' }, 401);
    const id = hub.find(key);
    if (id === undefined) return c.json({ message: 'Nobody with this key has joined.' }, 403);
    c.set('host', id);
    return next();
  });

  app.get('/api/stream', (c) => {
    c.header('content-type', 'application/x-ndjson');
    return stream(c, async (out) => {
      const closed = new AbortController();
      const disconnect = hub.connect(c.get('host'), {
        send: (message) => void out.write(`${JSON.stringify(message)}\n`),
        close: () => closed.abort(),
      });
      out.onAbort(() => closed.abort());
      const ping = setInterval(() => void out.write('\n'), PING_MS);
      await out.write('\n');
      await new Promise<void>((resolve) => {
        if (closed.signal.aborted) resolve();
        closed.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      clearInterval(ping);
      disconnect();
    });
  });

  app.get('/api/jobs/:job/models/:index{[0-9]+}', (c) => {
    const bytes = hub.modelFor(c.get('host'), c.req.param('job'), Number(c.req.param('index')));
    if (!bytes) return c.json({ message: 'There is no such model.' }, 404);
    c.header('content-type', 'application/octet-stream');
    return c.body(bytes as Uint8Array<ArrayBuffer>);
  });

  app.post('/api/jobs/:job/reports', async (c) => {
    const report = readHostReport(await c.req.json().catch(() => undefined));
    if (!report) return c.json({ message: 'The report is not understood.' }, 400);
    const heard = hub.report(c.get('host'), c.req.param('job'), report);
    return heard ? c.body(null, 204) : c.json({ message: 'Somebody else has this job, or nobody.' }, 410);
  });

  // The table of files decides, so no path of a URL ever meets the file system.
  app.get('*', async (c) => {
    const file = files.get(c.req.path);
    if (!file) return c.text('There is nothing here.', 404);
    const { size, mtimeMs } = await stat(file.path);
    // The runtime is large: a browser that has it asks only whether it is still the same.
    const tag = `"${size.toString(36)}-${Math.trunc(mtimeMs).toString(36)}"`;
    c.header('etag', tag);
    c.header('cache-control', 'no-cache');
    if (c.req.header('if-none-match') === tag) return c.body(null, 304);
    c.header('content-type', file.type);
    return c.body(await readFile(file.path));
  });
  return app;
}

interface Variables {
  readonly Variables: { host: string };
}

/** The first two make a page that may share memory between threads; the others keep it to itself. */
const HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

function bearer(header: string | undefined): string | undefined {
  return /^Bearer (.+)$/.exec(header ?? '')?.[1];
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new EspalierError({
          kind: 'io',
          code: 'device.cannot-listen',
          message: `Nothing can listen at ${host}, port ${port}: ${cause.message}`,
          hint: 'Choose another port with --port (0 takes any that is free), or an address of this machine with --host.',
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** Names under which a server that listens at an address is reached: of "all" those on the network first, which another device can use. */
export function addressesOf(host: string): readonly string[] {
  if (host === '127.0.0.1' || host === '::1') return ['localhost'];
  if (host !== '0.0.0.0' && host !== '::') return [host.includes(':') ? `[${host}]` : host];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.filter(({ family, internal }) => family === 'IPv4' && !internal);
  return [...outside.map(({ address }) => address), 'localhost'];
}
