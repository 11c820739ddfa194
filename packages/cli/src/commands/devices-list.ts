// `espalier devices list`: this machine as a device, provider by provider.
import { createOrtEngine, describeLocal, describeMachine, findProviders } from '@espalier/node';
import type { DevicesListDocument } from '../documents/devices-list-document.ts';
import { formatDevicesList } from '../report/devices-list-report.ts';
import type { RunCommand } from './command.ts';

/** Runs the command. */
export const runDevicesList: RunCommand<'devices list'> = async ({ terminal }) => {
  const engine = createOrtEngine();
  const machine = await describeMachine();
  terminal.progress('trying the providers');
  const { runtime, processor, os } = describeLocal(machine, engine, { provider: 'cpu' });
  const document: DevicesListDocument = {
    schema: 'espalier/devices-list@1',
    runtime,
    processor,
    cores: machine.cores,
    os,
    providers: (await findProviders(engine)).map(({ name, obstacle }) =>
      obstacle === undefined
        ? { name, fingerprint: describeLocal(machine, engine, { provider: name }).fingerprint }
        : { name, obstacle },
    ),
  };
  return { document, lines: formatDevicesList(document, terminal.paint) };
};
