// `config print` as text.
import type { ConfigDocument } from '../documents/config-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';

/** Lines of the report: the file, then one line per option; what differs from the default is bold. */
export function formatConfig({ file, options }: ConfigDocument, paint: Paint): readonly string[] {
  const rows = options.map(({ name, value, source }) => [name, formatValue(value), source]);
  const [heads = '', ...lines] = formatTable([{ head: 'option' }, { head: 'value' }, { head: 'from' }], rows);
  return [
    `config file: ${file ?? 'none'}`,
    '',
    paint.bold(heads),
    ...lines.map((line, i) => (options[i]!.source === 'default' ? line : paint.bold(line))),
  ];
}

function formatValue(value: ConfigDocument['options'][number]['value']): string {
  if (value === null) return '-';
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
