// `score` as text: the spread of the scores in every group.
import type { ScoreDocument } from '../documents/score-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';

/** Lines of the report: groups in graph order with their lowest, median and highest score. */
export function formatScores(document: ScoreDocument, paint: Paint): readonly string[] {
  const { criterion, reduction, normalizer, groups, metrics } = document;
  const right = 'right' as const;
  const [heads = '', ...rows] = formatTable(
    [
      { head: 'root' },
      { head: 'channels', align: right },
      { head: 'lowest', align: right },
      { head: 'median', align: right },
      { head: 'highest', align: right },
      { head: 'lowest channel', align: right },
    ],
    groups.map(({ root, scores }) => {
      const judged = scores.filter((score) => score !== null).sort((a, b) => a - b);
      const [low, middle, high] = [judged[0], judged[judged.length >> 1], judged.at(-1)];
      const lowest = low === undefined ? '-' : String(scores.indexOf(low));
      return [root, String(scores.length), ...[low, middle, high].map(formatScore), lowest];
    }),
  );
  return [
    `criterion ${criterion}, reduction ${reduction}, normalizer ${normalizer}: higher = keep`,
    '',
    paint.bold(heads),
    ...rows,
    '',
    `${metrics.channels} channels in ${metrics.groups} groups.`,
  ];
}

function formatScore(score: number | undefined): string {
  return score === undefined ? '-' : score.toPrecision(4);
}
