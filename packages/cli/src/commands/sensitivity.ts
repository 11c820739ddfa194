// `espalier sensitivity`: how a model fares when one group of channels alone loses a share of them.
import { EspalierError } from '@espalier/core';
import {
  chooseMetrics,
  chooseProbeWorkers,
  createOrtEngine,
  DEFAULT_PRECISION,
  follow,
  loadMetric,
  measureSensitivity,
  openDataset,
  openEvaluation,
  readProbeImages,
  scoreAnalysis,
  usualCriterion,
} from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import type { SensitivityDocument } from '../documents/sensitivity-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import { given } from '../options/given.ts';
import { formatSensitivity } from '../report/sensitivity-report.ts';
import { analyseModel, showEvent } from './analyse.ts';
import type { RunCommand } from './command.ts';
import { mayCutBranches } from './cut-limits.ts';
import { datasetOptions, readPreprocess, typedDataFlags } from './data-source.ts';
import { settleRoundTo } from './latency-device.ts';
import { scoringOf } from './scoring.ts';
import { parseRates, parseShare } from './search-values.ts';

/** Runs the command. */
export const runSensitivity: RunCommand<'sensitivity'> = async (context) => {
  const { options, terminal, signal } = context;
  const path = context.arguments[0]!;
  const { data, rates, probing, provider, threads, seed, limit, batch, metric } = options;
  if (data === undefined) throw noData();
  const precision = parseShare('--precision', options.precision);
  const asked = parseRates(rates);
  const createMetric = metric === undefined ? undefined : await loadMetric(metric);
  const start = performance.now();
  const engine = createOrtEngine();
  const load = given({ provider, threads });
  const analysis = await analyseModel(path, context, engine);
  const dataset = await openDataset(data, datasetOptions(options));
  terminal.log(`data: ${dataset.description}`);
  const open = await openEvaluation({
    ...{ engine, models: [analysis.file.model], dataset, load },
    ...given({
      task: options.task,
      preprocess: options.preprocess === undefined ? undefined : await readPreprocess(options.preprocess),
    }),
  });
  try {
    const metrics = chooseMetrics(open, given({ layout: options.layout, createMetric }));
    const { preprocess } = open;
    const images = await readProbeImages(open.sessions[0]!, {
      ...{ dataset, preprocess, seed, signal },
      ...given({ limit, batch }),
    });
    const criterion = options.criterion ?? usualCriterion(open.task.task);
    const scores = await follow(
      scoreAnalysis(analysis, {
        ...scoringOf({ ...options, criterion }),
        signal,
        calibration: { engine, dataset, preprocess },
      }),
      (event) => showEvent(event, terminal),
    );
    const { maxRatio, ignore } = options;
    const roundTo = await settleRoundTo(options, engine, { terminal, signal });
    const found = await follow(
      measureSensitivity(analysis, {
        ...{ engine, scores, images, metrics, mode: probing, precision, load, signal },
        workers: options.workers ?? chooseProbeWorkers(threads),
        limits: { roundTo, maxRatio, ignore, branches: mayCutBranches(options, false) },
        // Without a budget, a bend is what a fast probe can tell from noise.
        refine: { rounds: options.refine, least: 2 * DEFAULT_PRECISION },
        ...(asked.length > 0 && { rates: asked }),
      }),
      (event) => {
        if (event.type === 'sensitivity.progress') {
          terminal.progress('probing', event.done / event.total, `${event.done} of ${event.total} probes`);
        }
      },
    );
    if (found.groups.length === 0) throw nothingToProbe();
    const document: SensitivityDocument = {
      schema: 'espalier/sensitivity@1',
      model: describeFile(analysis.file),
      criterion,
      data: { path: data, description: dataset.description, samples: found.samples },
      metric: found.metric,
      higherIsBetter: found.higherIsBetter,
      cost: { macs: found.baseline.macs, params: found.baseline.params },
      metrics: {
        value: found.baseline.value,
        probes: found.probes,
        work: found.work / (found.baseline.macs * found.samples),
        seconds: (performance.now() - start) / 1000,
      },
      groups: structuredClone(found.groups) as SensitivityDocument['groups'],
      next: formatCommandLine('run', [path], { ...typedDataFlags(context), data, target: 'macs=0.7' }),
    };
    return { document, lines: formatSensitivity(document, terminal.paint) };
  } finally {
    await open.close();
  }
};

function noData(): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'sensitivity.no-data',
    message: 'There are no data to probe with.',
    hint: 'Give a folder or a file with --data; without labels the answers of the model itself are the truth.',
  });
}

function nothingToProbe(): EspalierError {
  return new EspalierError({
    kind: 'target',
    code: 'plan.nothing-to-cut',
    message: 'No group of the model has channels that can be cut.',
    hint: 'Run `espalier inspect` to see what freezes each layer.',
  });
}
