// `devices list` as text.
import type { DevicesListDocument } from '../documents/devices-list-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';

/** Lines of the report: the machine, one row per provider, and how other devices are reached. */
export function formatDevicesList(
  { runtime, processor, cores, os, providers }: DevicesListDocument,
  paint: Paint,
): readonly string[] {
  return [
    `this machine: ${processor || 'unknown processor'}, ${cores} cores, ${os}, ${runtime}`,
    '',
    ...formatTable(
      [{ head: 'provider' }, { head: 'state' }, { head: 'fingerprint' }],
      providers.map(({ name, fingerprint = '', obstacle }) => [
        name,
        obstacle === undefined ? paint.green('ok') : paint.yellow(`no: ${lastClause(obstacle)}`),
        fingerprint,
      ]),
    ),
    '',
    `next: ${paint.bold('espalier bench MODEL --on browser')} measures in a browser, ${paint.bold('--on worker')} on another machine`,
  ];
}

/** Of what a runtime says the end is the reason; the document has all of it. */
function lastClause(text: string): string {
  return text.split(': ').at(-1)!;
}
