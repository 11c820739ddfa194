// What `init` proposes: a value for every key that matters to a run, with the facts that speak for it.
import { type Cost, type FittedBudget, fitBudget } from '@espalier/core';
import { type DataSurvey, type ModelSurvey, usualCriterion } from '@espalier/node';
import { assumedPairs, describePreprocess } from '../describe/describe-preprocess.ts';
import type { OptionName } from '../options/options.ts';
import type { ConfigEntry, ConfigSection } from '../options/write-config.ts';
import { formatCount, formatPercent, formatScore, formatWhole } from '../output/units.ts';

/** What a proposal rests on. */
export interface ProposalFacts {
  /** Path of the model from the config file's folder. */
  readonly model: string;
  /** Name of the model, for the run folder. */
  readonly name: string;
  readonly cost: Cost;
  readonly survey: ModelSurvey;
  /** Path of the data from the config file's folder, with what was found there. */
  readonly data?: { readonly path: string; readonly survey: DataSurvey };
  /** What `init` was told about the data, to be told to `run` too. */
  readonly told: readonly ConfigEntry[];
}

/** What is proposed. */
export interface Proposal {
  readonly sections: readonly ConfigSection[];
  /** Samples that models will be judged by; 0 without data. */
  readonly judged: number;
  /** What must be changed before a run, as sentences. */
  readonly obstacles: readonly string[];
}

/** As many held-out samples tell a drop to half a point. */
const ENOUGH_JUDGED = 3000;

/** A training after every cut may cost about so many multiply-accumulates an epoch: minutes on a small machine. */
const AFFORDABLE_EPOCH = 1e12;

/** Forward, gradient of the values, gradient of the weights. */
const TRAINING_FACTOR = 3;

const LEAST_TRAINED = 640;

/**
 * How much a cut changes what one sample adds to the metric, as a part of the metric's own spread (0.5 to 0.8 for drops of up to three points, in runs on
 * ResNet-56 and the PCB networks); and where the answers of the original are the truth.
 */
const PAIRED = 0.7;
const AGREEMENT_SPREAD = 0.2;

/** Layers as wide as this lose nothing noticeable to rounding, and kernels work on blocks of so many channels. */
const WIDE_LAYER = 64;
const BLOCK = 8;

/** Proposes a config. */
export function proposeConfig(facts: ProposalFacts): Proposal {
  const recovery = chooseRecovery(facts);
  const held = chooseHeldOut(facts, recovery.trains);
  const budget = held && chooseBudget(facts, held.samples);
  const model: ConfigEntry = { option: 'model', value: facts.model };
  return {
    sections: [
      { title: 'Model and data', entries: [model, ...proposeData(facts, held)] },
      { title: 'How far', entries: [proposeTarget(facts), ...proposeBudget(budget, held)] },
      {
        title: 'How',
        entries: [
          { option: 'strategy', value: 'iterative', off: true },
          { option: 'criterion', value: usualCriterion((facts.data ?? facts).survey.task.task), off: true },
          ...recovery.entries,
          proposeRounding(facts),
          { option: 'ignore', value: ['head*'], off: true },
        ],
      },
      {
        title: 'The run',
        entries: [
          { option: 'seed', value: 0 },
          {
            option: 'runDir',
            value: `runs/${facts.name}`,
            off: true,
            why: ['A folder named here holds one run: the next one needs --force or --resume.'],
          },
          { option: 'time', value: '1h30m', off: true },
        ],
      },
    ],
    judged: held?.samples ?? 0,
    obstacles: findObstacles(facts),
  };
}

interface HeldOut {
  readonly samples: number;
  readonly entry: ConfigEntry;
}

function chooseHeldOut({ data }: ProposalFacts, trains: boolean): HeldOut | undefined {
  if (!data) return undefined;
  const { dataset, judged } = data.survey;
  if (judged) {
    const why = [`${formatWhole(judged.size)} samples; nothing is learned from them.`];
    return { samples: judged.size, entry: { option: 'evalSplit', value: judged.split!, why } };
  }
  // In steps of 5 %.
  const wished = Math.ceil((20 * ENOUGH_JUDGED) / dataset.size) / 20;
  const share = Math.max(0.1, Math.min(trains ? 0.2 : 0.5, wished));
  const samples = Math.max(1, Math.round(share * dataset.size));
  const why = [
    `${formatWhole(samples)} of ${formatWhole(dataset.size)} samples judge, and nothing is learned from them; --eval-data or --eval-split name others.`,
  ];
  return { samples, entry: { option: 'holdout', value: share, why } };
}

function proposeData(facts: ProposalFacts, held: HeldOut | undefined): readonly ConfigEntry[] {
  const { data, told } = facts;
  if (!data) {
    const why = [
      'To be filled in: a run needs samples. Without labels the answers of the original are the truth.',
      '`espalier init MODEL --data PATH --force` finds out the preprocessing and a fitting budget too.',
    ];
    return [{ option: 'data', value: 'path/to/images', off: true, why }, ...told];
  }
  const { dataset, recordShape } = data.survey;
  const why = [`${dataset.description}.`];
  const shape: readonly ConfigEntry[] = recordShape
    ? [
        {
          option: 'recordShape',
          value: recordShape.join('x'),
          why: ["As the model's input; it divides the size of the file."],
        },
      ]
    : [];
  return [
    { option: 'data', value: data.path, why },
    ...shape,
    ...told,
    ...proposePreprocess(data.survey, told),
    ...(held ? [held.entry] : []),
  ];
}

function proposePreprocess(
  { guess, trials, preprocess, labels }: DataSurvey,
  told: readonly ConfigEntry[],
): readonly ConfigEntry[] {
  if (!guess || told.some(({ option }) => option === 'preprocess')) return [];
  const text = describePreprocess(preprocess);
  const assumed = assumedPairs(text, guess.assumed);
  const whole = `All of it: ${text}.`;
  if (assumed === '') {
    const number = trials
      ? [`It gives ${trials.metric} ${formatScore(trials.best.value)} on ${trials.best.samples} samples.`]
      : [];
    return [{ option: 'preprocess', value: text, off: true, why: ['The model tells it.', ...number] }];
  }
  if (!trials) {
    const reason = labels === 'none' ? 'The data have no labels' : 'The model cannot be judged';
    const why = [
      `${reason}, so that nothing could be tried: this is assumed. Look up how the model was trained, or every number will be wrong.`,
      whole,
    ];
    return [{ option: 'preprocess', value: assumed, off: true, why }];
  }
  const sorted = [...trials.trials].sort((one, other) => Number(one.worse) - Number(other.worse));
  const list = sorted.map(({ name, value }) => `${name} ${formatScore(value)}`).join('; ');
  const rivals = trials.trials.filter((trial) => !trial.worse && trial !== trials.best);
  const why = [
    `Tried on ${trials.best.samples} labelled samples, ${trials.metric}: ${list}. Taken: ${trials.best.name}.`,
    ...rivals.map(
      (rival) =>
        `Not told apart from it, so just as good here: ${rival.name}, ${assumedPairs(describePreprocess(rival.preprocess), guess.assumed)}.`,
    ),
    whole,
  ];
  return [{ option: 'preprocess', value: assumed, why }];
}

function proposeTarget({ survey: { least }, cost }: ProposalFacts): ConfigEntry {
  const nothing = least.macs > 0.95;
  const kept = Math.min(0.95, Math.max(0.6, Math.ceil(20 * least.macs + 1) / 20));
  const why = nothing
    ? ['Next to nothing of this model can be cut.']
    : [
        `No cut within the usual limits leaves less than ${formatPercent(least.macs)} of the ${formatCount(cost.macs)} MACs.`,
      ];
  return { option: 'target', value: `macs=${kept}`, off: nothing, why };
}

function chooseBudget({ data }: ProposalFacts, samples: number): FittedBudget {
  const trials = data?.survey.trials;
  return fitBudget({ samples, spread: trials ? PAIRED * trials.spread : AGREEMENT_SPREAD });
}

function proposeBudget(budget: FittedBudget | undefined, held: HeldOut | undefined): readonly ConfigEntry[] {
  if (!budget || !held)
    return [
      { option: 'maxDrop', value: '1%', off: true },
      { option: 'confidence', value: 0.9, off: true },
    ];
  const { maxDrop, confidence, margin, decidable } = budget;
  const known = `With ${formatWhole(held.samples)} samples to judge by, a drop is known to about ${(100 * margin).toFixed(1)} points.`;
  const why = decidable
    ? [
        known,
        'A first cut may spend half of this budget, which is more than that: a cut that costs nothing can be told from one that does.',
      ]
    : [
        known,
        'That is too coarse to decide a budget: give more samples (--eval-data), or read the result with care.',
      ];
  const sure = decidable
    ? confidence < 0.9
      ? ['Lower than the usual 0.9: to be surer with so few samples, the budget would have to be larger.']
      : []
    : ['0.5, because the samples are too few for a margin.'];
  return [
    { option: 'maxDrop', value: `${Number((100 * maxDrop).toFixed(1))}%`, why },
    { option: 'confidence', value: confidence, why: sure },
  ];
}

interface RecoveryChoice {
  readonly trains: boolean;
  readonly entries: readonly ConfigEntry[];
}

function chooseRecovery({ data, cost, survey }: ProposalFacts): RecoveryChoice {
  if (!data) return { trains: false, entries: [{ option: 'recover', value: 'reconstruct' }] };
  const { dataset, labels, task } = data.survey;
  const epoch = TRAINING_FACTOR * cost.macs * dataset.size;
  const labelled = labels === 'class' && task.task === 'classify';
  const training = labelled ? 'finetune' : 'distil';
  const price = `${training} is what ${labelled ? 'the labels allow' : 'works without class labels'}; an epoch of it costs about ${formatCount(epoch)} MACs.`;
  const affordable =
    epoch <= AFFORDABLE_EPOCH && dataset.size >= LEAST_TRAINED && survey.task.task === 'classify';
  if (affordable) {
    const why = [`${price} That is little, so it is done after every cut.`];
    return {
      trains: true,
      entries: [
        { option: 'recover', value: training, why },
        { option: 'epochs', value: 1 },
        { option: 'finalEpochs', value: 5 },
      ],
    };
  }
  const why = [`reconstruct takes seconds and no labels. ${price}`];
  return {
    trains: false,
    entries: [
      { option: 'recover', value: 'reconstruct', why },
      { option: 'finalEpochs', value: 5, off: true },
    ],
  };
}

function proposeRounding({ survey: { widths } }: ProposalFacts): ConfigEntry {
  const middle = [...widths].sort((a, b) => a - b)[Math.floor(widths.length / 2)] ?? 0;
  const wide = middle >= WIDE_LAYER;
  const why = wide
    ? [
        `Kernels work on blocks of channels, and the layers are wide enough (${middle} in the middle) to lose whole blocks.`,
      ]
    : [
        `Kernels work on blocks of channels; with layers as narrow as ${middle} rounding costs much of the choice.`,
      ];
  return { option: 'roundTo', value: wide ? BLOCK : BLOCK / 2, off: !wide, why };
}

function findObstacles({ data, survey }: ProposalFacts): readonly string[] {
  if (survey.least.macs > 0.95)
    return ['Next to nothing of this model can be cut: `espalier inspect` says why.'];
  if (!data) return ['There are no data yet: fill in `data`.'];
  const { obstacle, trials, task, classes } = data.survey;
  if (obstacle) return [`${obstacle.message} ${obstacle.hint ?? ''}`.trim()];
  const chance = task.task === 'classify' && classes ? 2 / classes : 0;
  if (!trials || trials.best.value > chance) return [];
  return [
    `The best ${trials.metric} was ${formatScore(trials.best.value)}, hardly better than chance: the labels or the pictures do not suit the model.`,
  ];
}

/** The options that `init` hands on to `run` as they were told. */
export const TOLD_OPTIONS = [
  'inputShape',
  'dataFormat',
  'recordShape',
  'split',
  'labels',
  'preprocess',
  'task',
  'layout',
  'metric',
  'batch',
] as const satisfies readonly OptionName[];
