// `espalier score`: how much each channel matters.
import { DEFAULT_CRITERION, nodeId } from '@espalier/core';
import { createOrtEngine, follow, scoreAnalysis } from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import type { ScoreDocument } from '../documents/score-document.ts';
import { formatScores } from '../report/score-report.ts';
import { analyseModel, showEvent } from './analyse.ts';
import type { RunCommand } from './command.ts';
import { findCriterionData, openCriterionImages, scoringOf } from './scoring.ts';

/** Runs the command. */
export const runScore: RunCommand<'score'> = async (context) => {
  const { options, terminal, signal } = context;
  const data = findCriterionData(options);
  const engine = createOrtEngine();
  const analysis = await analyseModel(context.arguments[0]!, context, engine);
  const { traced, coupling, file } = analysis;
  const calibration =
    data === undefined ? undefined : await openCriterionImages(data, analysis, engine, context);
  const scores = await follow(
    scoreAnalysis(analysis, { ...scoringOf(options), signal, ...(calibration && { calibration }) }),
    (event) => showEvent(event, terminal),
  );
  const groups = coupling.groups.filter((group) => !group.frozen);
  const { criterion = DEFAULT_CRITERION, reduction, normalizer } = options;
  const document: ScoreDocument = {
    schema: 'espalier/score@1',
    model: describeFile(file),
    criterion,
    reduction,
    normalizer,
    metrics: {
      channels: groups.reduce((sum, group) => sum + group.classes.length, 0),
      groups: groups.length,
    },
    groups: groups.map(({ id, root, classes }) => ({
      id,
      root: nodeId(traced.nodes[root]!),
      // JSON has no infinity.
      scores: Array.from(classes, (member) => (Number.isFinite(scores[member]!) ? scores[member]! : null)),
    })),
  };
  return { document, lines: formatScores(document, terminal.paint) };
};
