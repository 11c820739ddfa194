// Devices as a user meets them: a browser page and a worker process that join, measure, are reloaded and killed.
import { encodeModel, GraphBuilder, type NdArray } from '@espalier/core';
import {
  createOrtEngine,
  type DeviceEvent,
  type DeviceServer,
  openDeviceServer,
  timeOnDevice,
} from '@espalier/node';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { benchDocument } from '../../packages/cli/src/documents/bench-document.ts';
import { compareDocument } from '../../packages/cli/src/documents/compare-document.ts';
import { devicesListDocument } from '../../packages/cli/src/documents/devices-list-document.ts';
import { devicesProfileDocument } from '../../packages/cli/src/documents/devices-profile-document.ts';
import { devicesServeDocument } from '../../packages/cli/src/documents/devices-serve-document.ts';
import { pruneDocument } from '../../packages/cli/src/documents/prune-document.ts';
import { workerDocument } from '../../packages/cli/src/documents/worker-document.ts';
import { findPageFiles } from '../../packages/cli/src/serving/page-files.ts';
import { noBrowser, openBrowser } from './browser.ts';
import { openWorkplace, smallClassifierBytes, type Workplace } from './run-cli.ts';

// A browser that shares two busy cores with everything else is slow, which is no failure.
const PATIENCE_MS = 180_000;
vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS });

const briefly = { minRounds: 3, minSeconds: 0.1 };
const models = [
  { name: 'a.onnx', bytes: smallClassifierBytes() },
  { name: 'b.onnx', bytes: smallClassifierBytes() },
];
const ADDRESS = /https?:\/\/\S+#\S+/;

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
  await place.write('a.onnx', smallClassifierBytes());
  await place.write('b.onnx', smallClassifierBytes());
});
afterAll(() => place.close());

/** Calls `then` with the address as soon as a command has printed it. */
function onAddress(then: (url: string) => void): (stderr: string) => void {
  let found = false;
  return (stderr) => {
    const url = ADDRESS.exec(stderr)?.[0];
    if (url === undefined || found) return;
    found = true;
    then(url);
  };
}

describe.skipIf(noBrowser !== undefined)(
  `a browser${noBrowser === undefined ? '' : ` (skipped: ${noBrowser})`}`,
  () => {
    let browser: Browser;
    let context: BrowserContext;
    let server: DeviceServer;
    beforeAll(async () => {
      browser = await openBrowser();
      context = await browser.newContext({ locale: 'en' });
      context.setDefaultTimeout(PATIENCE_MS);
    });
    afterAll(() => browser?.close());
    beforeEach(async () => {
      server = await openDeviceServer({ port: 0, files: await findPageFiles(), returnSeconds: 120 });
    });
    afterEach(() => server.close());

    const openPage = async (url = server.urls[0]!): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    };
    const headline = (page: Page) => page.locator('h1');

    it('measures for bench with threads, and bench reports as it does of this machine', async () => {
      const opened: Promise<Page>[] = [];
      const words = ['bench', 'a.onnx', 'b.onnx', '--on', 'browser', '--port', '0', '--threads', '2'];
      const { code, stdout, stderr } = await place.run(
        [...words, '--rounds', '3', '--seconds', '0.1', '--json'],
        { onError: onAddress((url) => opened.push(openPage(url))) },
      );
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const { latency } = benchDocument.parse(JSON.parse(stdout));
      expect(latency).toMatchObject({
        provider: 'wasm',
        threads: 2,
        device: { name: 'Chrome on Linux', browser: expect.stringMatching(/^Chrome \d+$/), threads: 2 },
      });
      expect(latency.models.map(({ name }) => name)).toEqual(['a.onnx', 'b.onnx']);
      for (const { medianMs } of latency.models) expect(medianMs.value).toBeGreaterThan(0);
      // Threads share memory, which only an isolated page may.
      const page = await opened[0]!;
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await page.getByText('All done').waitFor();
      expect(await page.locator('tbody tr').count()).toBe(2);
      await page.close();
    });

    it('measures for compare beside this machine, and the times stay apart', async () => {
      const opened: Promise<Page>[] = [];
      const words = ['compare', 'a.onnx', 'b.onnx', '--devices', 'browser,local', '--port', '0'];
      const { code, stdout, stderr } = await place.run(
        [...words, '--threads', '1', '--rounds', '3', '--seconds', '0.1', '--json'],
        { onError: onAddress((url) => opened.push(openPage(url))) },
      );
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const { devices, models } = compareDocument.strict().parse(JSON.parse(stdout));
      expect(devices.map(({ device, provider }) => [device!.name, provider])).toEqual([
        ['Chrome on Linux', 'wasm'],
        ['this machine', 'cpu'],
      ]);
      const fingerprints = devices.map(({ device }) => device!.fingerprint);
      expect(new Set(fingerprints).size).toBe(2);
      for (const { latency } of models) {
        expect(latency.map(({ fingerprint }) => fingerprint)).toEqual(fingerprints);
      }
      await (await opened[0]!).close();
    });

    it('computes on a graphics adapter what the processor computes', async ({ skip }) => {
      const page = await openPage();
      const host = await server.hub.waitForHost(() => true);
      if (!host.facts.providers.includes('webgpu')) skip('this browser has no WebGPU');
      const bytes = convolution();
      const input = Array.from({ length: 2 * 36 }, (_, i) => Math.sin(i));
      const device = server.hub.openDevice(host, { provider: 'webgpu' });
      const { times } = await timeOnDevice(device, [{ name: 'conv', bytes }], {
        warmup: 1,
        minRounds: 2,
        minSeconds: 0,
      });
      expect(device.description.provider).toBe('webgpu');
      expect(times[0]!.rounds.length).toBeGreaterThanOrEqual(2);
      const x: NdArray = { type: 'float32', dims: [1, 2, 6, 6], data: Float32Array.from(input) };
      const session = await createOrtEngine().load(bytes);
      const [expected] = Object.values(await session.run({ x }));
      await session.close();
      const computed = await page.evaluate<readonly number[]>(
        `(${COMPUTE_IN_PAGE})(${JSON.stringify({ bytes: [...bytes], input })})`,
      );
      expect(computed).toHaveLength(expected!.data.length);
      for (const [i, value] of computed.entries()) expect(value).toBeCloseTo(Number(expected!.data[i]), 4);
      await page.close();
    });

    it('is two devices with two pages, which measure at once', async () => {
      const pages = await Promise.all([openPage(), openPage()]);
      await server.hub.waitForHost(({ facts }) => facts.name.endsWith(' 2'));
      const devices = server.hub.hosts().map((host) => server.hub.openDevice(host, { threads: 1 }));
      expect(devices.map(({ description }) => description.name)).toEqual([
        'Chrome on Linux',
        'Chrome on Linux 2',
      ]);
      const [one, two] = await Promise.all(devices.map((device) => timeOnDevice(device, models, briefly)));
      expect(one!.device.fingerprint).toBe(two!.device.fingerprint);
      for (const page of pages) await page.locator('tbody tr').nth(1).waitFor();
      await Promise.all(pages.map((page) => page.close()));
    });

    it('is the same device after a reload, and measures again from the start', async () => {
      const page = await openPage();
      const host = await server.hub.waitForHost(() => true);
      const device = server.hub.openDevice(host, { threads: 1 });
      const events: DeviceEvent[] = [];
      let reloaded: Promise<unknown> | undefined;
      const { times } = await timeOnDevice(device, models, { ...briefly, minSeconds: 0.6 }, (event) => {
        events.push(event);
        if (event.type === 'progress') reloaded ??= page.reload();
      });
      await reloaded;
      const left = events.findIndex((event) => event.type === 'warning' && / has left /.test(event.message));
      expect(left).toBeGreaterThan(0);
      expect(events.slice(left).filter(({ type }) => type === 'loaded')).toHaveLength(2);
      expect(times.map(({ name }) => name)).toEqual(['a.onnx', 'b.onnx']);
      expect(server.hub.hosts().map(({ id }) => id)).toEqual([host.id]);
      await page.close();
    });

    it('is refused with a wrong code, and let in when the right one is typed', async () => {
      const page = await openPage(server.urls[0]!.replace(/#.*/, '#k7qf-2m9x-4tzd'));
      await page.getByText('This pairing is over').waitFor();
      expect(server.hub.hosts()).toEqual([]);
      await page.getByLabel('Pairing code').fill(server.token);
      await page.getByRole('button', { name: 'Pair' }).click();
      await page.getByText('Ready to measure').waitFor();
      expect(server.hub.hosts()).toHaveLength(1);
      await page.close();
    });

    it('left open, joins the next server with the same token by itself', async () => {
      const page = await openPage();
      await page.getByText('Ready to measure').waitFor();
      await server.close();
      await page.getByText('All done').waitFor();
      const port = Number(new URL(server.urls[0]!).port);
      server = await openDeviceServer({ port, token: server.token, files: await findPageFiles() });
      await server.hub.waitForHost(() => true);
      await page.getByText('Ready to measure').waitFor();
      await page.close();
    });

    it('speaks Japanese when it is asked to, and remembers that', async () => {
      const page = await openPage();
      await page.getByText('Ready to measure').waitFor();
      await page.getByRole('button', { name: '日本語' }).click();
      expect(await headline(page).textContent()).toBe('計測の準備ができました');
      await page.reload();
      await page.getByText('計測の準備ができました').waitFor();
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('ja');
      await page.evaluate(() => localStorage.clear());
      await page.close();
    });
  },
);

describe('a worker', () => {
  it('is killed in the middle of a job, which another one of the same fingerprint then does', async () => {
    const server = await openDeviceServer({ port: 0, returnSeconds: 120 });
    try {
      const words = ['worker', '--join', server.urls[0]!];
      let measuring = false;
      const killed = place.kill([...words, '--name', 'first'], () => measuring);
      const host = await server.hub.waitForHost(() => true);
      expect(host.facts).toMatchObject({
        kind: 'machine',
        name: 'first',
        providers: expect.arrayContaining(['cpu']),
      });
      const device = server.hub.openDevice(host, { threads: 1 });
      let second: ReturnType<Workplace['run']> | undefined;
      const { times } = await timeOnDevice(device, models, { minRounds: 3, minSeconds: 1 }, (event) => {
        if (event.type === 'progress') measuring = true;
        if (event.type === 'warning' && /^first has left/.test(event.message)) {
          second = place.run([...words, '--name', 'second', '--json']);
        }
      });
      await killed;
      expect(times.map(({ name }) => name)).toEqual(['a.onnx', 'b.onnx']);
      await server.close();
      const { code, stdout } = await second!;
      expect(code).toBe(0);
      expect(workerDocument.parse(JSON.parse(stdout))).toMatchObject({
        measured: 1,
        failed: 0,
        ended: 'goodbye',
      });
    } finally {
      await server.close();
    }
  });

  it('measures for devices serve, which shows what came of it', async () => {
    const working: ReturnType<Workplace['run']>[] = [];
    const { code, stdout, stderr } = await place.run(
      [
        'devices',
        'serve',
        'a.onnx',
        '--port',
        '0',
        '--count',
        '1',
        '--rounds',
        '3',
        '--seconds',
        '0.1',
        '--json',
      ],
      { onError: onAddress((url) => working.push(place.run(['worker', '--join', url, '--name', 'board']))) },
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { devices, failures } = devicesServeDocument.parse(JSON.parse(stdout));
    expect(failures).toEqual([]);
    expect(devices).toMatchObject([
      { device: { name: 'board', provider: 'cpu' }, models: [{ name: 'a.onnx' }] },
    ]);
    const worker = await working[0]!;
    expect(worker).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 measurement done for http/) });
  });

  it('needs an address with a token', async () => {
    expect(await place.fail(['worker'])).toMatchObject({ code: 'worker.no-server', exitCode: 2 });
    expect(await place.fail(['worker', '--join', 'http://localhost:9'])).toMatchObject({
      code: 'device.bad-url',
    });
  });
});

describe('bench with a command', () => {
  it('measures what the command prints', async () => {
    await place.write('clock.mjs', "console.log(process.argv[2].includes('model-1') ? '2 ms' : '4 ms')");
    const command = `"${process.execPath}" clock.mjs {model}`;
    const { code, stdout } = await place.run([
      ...['bench', 'a.onnx', 'b.onnx', '--bench-command', command],
      ...['--rounds', '2', '--seconds', '0', '--json'],
    ]);
    expect(code).toBe(0);
    const { metrics, latency } = benchDocument.parse(JSON.parse(stdout));
    expect(metrics).toMatchObject({ medianMs: 2, speedup: 2 });
    expect(latency.device).toMatchObject({ runtime: 'command', provider: command });
  });
});

describe.skipIf(process.platform === 'win32')('devices profile with a command', () => {
  // A device that takes a millisecond per byte: every weight costs the same, and nothing costs in steps.
  const ON_DEVICE = ['--bench-command', 'wc -c < {model}', '--latency-table', 'board.json'];

  it('learns stairs, roofline and layers, which a cut then finds in the table', {
    // Hundreds of processes, which a busy machine starts slowly.
    timeout: 2 * PATIENCE_MS,
  }, async () => {
    const { code, stdout } = await place.run(['devices', 'profile', 'a.onnx', ...ON_DEVICE, '--json']);
    expect(code).toBe(0);
    const found = devicesProfileDocument.strict().parse(JSON.parse(stdout));
    const { inputs, outputs } = found.stairs;
    for (const side of [inputs, outputs]) {
      expect(side).toMatchObject({ step: 1, unit: 1, penalty: 1 });
      // Another channel is 64 kernels of 9 numbers.
      for (const { width, ms } of side.times) expect(ms / (width * 64 * 9 * 4)).toBeCloseTo(1, 1);
    }
    expect(found.roofline!.macsPerMs).toBeGreaterThan(0);
    const [model] = found.models;
    expect(model).toMatchObject({ layers: 4, knownKinds: model!.kinds });
    expect(found.table).toEqual({
      path: expect.stringMatching(/board\.json$/),
      kinds: model!.kinds,
      samples: model!.samples,
    });
    expect(found.next).toBe(
      "espalier prune a.onnx --latency 0.6 --bench-command 'wc -c < {model}' --latency-table board.json",
    );
    const cut = ['prune', 'a.onnx', '--macs', '0.7', '--round-to', 'auto', '--no-bench', '--dry-run'];
    const pruned = await place.run([...cut, ...ON_DEVICE, '--json']);
    expect(pruned).toMatchObject({ code: 0, stderr: expect.not.stringContaining('depends on widths') });
    expect(pruneDocument.parse(JSON.parse(pruned.stdout)).made).toMatchObject({ roundTo: 1 });
  });

  it('refuses the table of another device before it measures', async () => {
    const other = ['--bench-command', 'cat {model} | wc -c', '--latency-table', 'board.json'];
    expect(await place.fail(['devices', 'profile', ...other])).toMatchObject({
      code: 'latency.other-device',
    });
  });
});

it('devices list shows the providers of this machine', async () => {
  const { code, stdout } = await place.run(['devices', 'list', '--json']);
  expect(code).toBe(0);
  const { providers } = devicesListDocument.parse(JSON.parse(stdout));
  expect(providers[0]).toEqual({ name: 'cpu', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) });
});

/** A convolution and an activation, small enough for a graphics adapter that is none. */
function convolution(): Uint8Array {
  const g = new GraphBuilder();
  const w = g.constant({
    dims: [3, 2, 3, 3],
    data: Float32Array.from({ length: 54 }, (_, i) => Math.cos(i)),
  });
  const conv = g.node('Conv', [g.input('x', [1, 2, 6, 6]), w], { pads: [1, 1, 1, 1] });
  g.output(g.node('Relu', [conv]), [1, 3, 6, 6]);
  return encodeModel(g.model());
}

/** Runs in the page: the runtime that the server offers, on the graphics adapter. A text, because what compiles tests would change a function. */
const COMPUTE_IN_PAGE = `async ({ bytes, input }) => {
  const ort = await import('/ort/ort.webgpu.min.mjs');
  ort.env.wasm.wasmPaths = location.origin + '/ort/';
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(Uint8Array.from(bytes), { executionProviders: ['webgpu'] });
  const x = new ort.Tensor('float32', Float32Array.from(input), [1, 2, 6, 6]);
  const results = await session.run({ x });
  return [...results[session.outputNames[0]].data];
}`;
