// `doctor` as text.
import type { DoctorDocument } from '../documents/doctor-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatBytes } from '../output/units.ts';

/** Lines of the report: the machine, then the checks, each with its hint where it has one. */
export function formatDoctor({ version, machine, checks }: DoctorDocument, paint: Paint): readonly string[] {
  const facts = [
    ['espalier', version],
    ['Node', machine.node],
    ['ONNX Runtime', `${machine.onnxruntime} (${machine.providers.join(', ') || 'no provider'})`],
    ['system', `${machine.platform} ${machine.release}`],
    [
      'processor',
      `${machine.cpu || 'unknown'}, ${machine.cores} cores${machine.governor ? `, ${machine.governor}` : ''}`,
    ],
    ['memory', formatBytes(machine.memory)],
    ['load', machine.load.map((load) => load.toFixed(2)).join(' ')],
  ];
  const marks = {
    ok: paint.green('ok'),
    warning: paint.yellow('warning'),
    failed: paint.red('failed'),
  };
  return [
    ...formatTable([{ head: 'part' }, { head: 'what is here' }], facts),
    '',
    ...checks.flatMap(({ name, status, text, hint }) => [
      `${marks[status]} ${name}: ${text}`,
      ...(hint === undefined ? [] : [`  hint: ${hint}`]),
    ]),
  ];
}
