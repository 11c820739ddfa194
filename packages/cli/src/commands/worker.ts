// `espalier worker`: this machine measures for another one.
import { EspalierError, type HostEvent } from '@espalier/core';
import { joinServer } from '@espalier/node';
import type { WorkerDocument } from '../documents/worker-document.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatNumberOf } from '../output/units.ts';
import type { RunCommand } from './command.ts';

/** Runs the command until the server says goodbye or Ctrl-C. Error beside those of `joinServer`: `worker.no-server`. */
export const runWorker: RunCommand<'worker'> = async ({ options, terminal, signal }) => {
  const { join, token, name } = options;
  if (join === undefined) {
    throw new EspalierError({
      kind: 'usage',
      code: 'worker.no-server',
      message: 'Nothing says which machine to measure for.',
      hint: 'Give the address that `espalier bench --on worker --host 0.0.0.0` prints there: `espalier worker --join URL`.',
    });
  }
  const server = join.split('#')[0]!;
  const done = { measured: 0, failed: 0, ended: 'interrupted' as WorkerDocument['ended'] };
  const address = { url: join, ...(token !== undefined && { token }), ...(name !== undefined && { name }) };
  terminal.progress(`joining ${server}`);
  for await (const event of joinServer({ ...address, signal })) {
    if (event.type === 'report' && event.report.type === 'timed') done.measured++;
    if (event.type === 'report' && event.report.type === 'failed') done.failed++;
    if (event.type === 'bye') done.ended = 'goodbye';
    showEvent(event, server, terminal);
  }
  const document: WorkerDocument = { schema: 'espalier/worker@1', server, ...done };
  const failed = done.failed === 0 ? '' : `, ${done.failed} failed`;
  return { document, lines: [`${formatNumberOf(done.measured, 'measurement')} done for ${server}${failed}`] };
};

function showEvent(event: HostEvent, server: string, terminal: Terminal): void {
  switch (event.type) {
    case 'joined':
      terminal.log(`joined ${server}: waiting for work`);
      break;
    case 'job':
      terminal.progress(`fetching ${formatNumberOf(event.job.models.length, 'model')}`);
      break;
    case 'lost':
      terminal.progress(`lost ${server}: joining again`);
      break;
    case 'cancelled':
      terminal.log('the work was called off');
      break;
    case 'report':
      if (event.report.type === 'progress') terminal.progress('measuring', event.report.fraction);
      if (event.report.type === 'failed') terminal.warn(event.report.message);
      if (event.report.type === 'timed') terminal.log('done: waiting for work');
  }
}
