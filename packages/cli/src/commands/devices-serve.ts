// `espalier devices serve`: every device that joins measures the same models.
import { EspalierError } from '@espalier/core';
import type { JoinedHost } from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import type { DevicesServeDocument } from '../documents/devices-serve-document.ts';
import { formatDevicesServe } from '../report/devices-serve-report.ts';
import { formatLatency } from '../report/latency-report.ts';
import { startServing } from '../serving/start-serving.ts';
import { analyseModel } from './analyse.ts';
import { nameModels } from './bench.ts';
import type { RunCommand } from './command.ts';
import { deviceModels } from './elsewhere.ts';
import { measureOn, timingOf } from './measure.ts';
import { placementOf } from './open-devices.ts';

/** Runs the command; Ctrl-C is how it ends, unless it was told to end after so many devices. */
export const runDevicesServe: RunCommand<'devices serve'> = async (context) => {
  const { options, terminal, signal } = context;
  const { count = Number.POSITIVE_INFINITY } = options;
  const server = await startServing(options, terminal);
  try {
    const analyses = [];
    for (const path of context.arguments) analyses.push(await analyseModel(path, context));
    const models = deviceModels(analyses, nameModels(context.arguments));
    const document: DevicesServeDocument = {
      schema: 'espalier/devices-serve@1',
      models: analyses.map(({ file }) => describeFile(file)),
      devices: [],
      failures: [],
    };
    const seen = new Set<string>();
    while (document.devices.length < count && !signal.aborted) {
      terminal.progress('waiting for a device to join');
      const host = await nextHost(server.hub.waitForHost((joined) => !seen.has(joined.id), signal));
      if (!host) break;
      seen.add(host.id);
      terminal.log(`${host.facts.name} has joined`);
      try {
        const device = server.hub.openDevice(host, placementOf(context));
        const latency = await measureOn(device, models, timingOf(context), terminal);
        document.devices.push(latency);
        for (const line of formatLatency(latency)) terminal.log(line);
      } catch (error) {
        if (!(error instanceof EspalierError)) throw error;
        if (error.kind === 'interrupted') break;
        const { code, message, hint } = error;
        document.failures.push({
          device: host.facts.name,
          code,
          message,
          ...(hint !== undefined && { hint }),
        });
        terminal.warn(message);
      }
    }
    return { document, lines: formatDevicesServe(document, terminal.paint) };
  } finally {
    await server.close();
  }
};

/** Nobody, when Ctrl-C comes first. */
async function nextHost(host: Promise<JoinedHost>): Promise<JoinedHost | undefined> {
  return host.catch((error: unknown) => {
    if (error instanceof EspalierError && error.kind === 'interrupted') return undefined;
    throw error;
  });
}
