// `eval` as text.
import { assumedFlag } from '../describe/describe-preprocess.ts';
import type { EvalDocument } from '../documents/eval-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatNumberOf, formatScore } from '../output/units.ts';

/** Lines of the report: what was assumed, every metric, then what it was measured on. */
export function formatEval(
  { metrics, data, preprocess, assumed }: EvalDocument,
  paint: Paint,
): readonly string[] {
  const [heads = '', ...rows] = formatTable(
    [{ head: 'metric' }, { head: 'value', align: 'right' }],
    Object.entries(metrics).map(([name, value]) => [name, formatScore(value)]),
  );
  const flag = preprocess === null ? undefined : assumedFlag(preprocess, assumed);
  return [
    ...(flag === undefined ? [] : [paint.yellow(`assumed, please confirm or change: ${flag}`), '']),
    paint.bold(heads),
    ...rows,
    '',
    `${formatNumberOf(data.samples, 'sample')} of ${data.path} (${data.description})`,
    ...(preprocess === null ? [] : [`preprocessing: ${preprocess}`]),
  ];
}
