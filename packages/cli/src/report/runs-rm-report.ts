// `runs rm` as text.
import type { RunsRmDocument } from '../documents/runs-rm-document.ts';
import { foldList } from '../output/fold-list.ts';
import type { Paint } from '../output/paint.ts';
import { shortPath } from '../output/short-path.ts';
import { formatBytes, formatNumberOf } from '../output/units.ts';

/** More names than this are folded. */
const SHOWN_NAMES = 6;

/** Lines of the report: what was freed, and what was left where it is. */
export function formatRunsRm({ removed, freed }: RunsRmDocument, paint: Paint): readonly string[] {
  return [
    ...removed.map(({ run, freed: bytes }) => `removed ${shortPath(run)}, ${formatBytes(bytes)} freed`),
    ...removed
      .filter(({ left }) => left.length > 0)
      .map(({ run, left }) =>
        paint.yellow(
          `${shortPath(run)} stays: it holds ${foldList(left, SHOWN_NAMES)}, which is not of the run.`,
        ),
      ),
    ...(removed.length > 1
      ? [`${formatNumberOf(removed.length, 'run')}, ${formatBytes(freed)} freed in all`]
      : []),
  ];
}
