// Every option of every command, once. Flags, environment variables, config keys, help, docs and schema all come from this table.
import type { ModelTask } from '@espalier/core';
import {
  type CriterionName,
  convolutionModes,
  criteria,
  DATASET_KINDS,
  DEFAULT_MAX_RATIO,
  DETECTION_LAYOUTS,
  LATENCY_METHODS,
  normalizers,
  reductions,
  SEARCH_RECOVERIES,
} from '@espalier/core/names';
import { COMMAND_NAMES, type CommandName } from '../commands/command-names.ts';
import { decisionOptions } from './decision-options.ts';
import { deviceOptions } from './device-options.ts';
import { OPTION_GROUPS, type OptionRow, type ValueOf } from './option-row.ts';
import { SEARCH_COMMANDS, searchOptions } from './search-options.ts';
import { TRAINING_COMMANDS, trainingOptions } from './training-options.ts';

const MEASURING_COMMANDS = ['prune', 'eval', 'compare', 'bench', 'devices serve', 'devices profile'] as const;
const RECOVERY_COMMANDS = ['recalibrate', 'reconstruct'] as const;
const MODEL_COMMANDS = [
  ...(['inspect', 'groups', 'score', 'prune', 'verify', 'eval', 'init', 'compare'] as const),
  ...(['bench', 'devices serve', 'devices profile'] as const),
  ...SEARCH_COMMANDS,
  ...RECOVERY_COMMANDS,
] as const;
/** Commands on the one model that a config file can name. */
const ONE_MODEL_COMMANDS = [
  ...(['inspect', 'groups', 'score', 'prune', 'eval', 'bench', 'devices serve', 'devices profile'] as const),
  ...SEARCH_COMMANDS,
  ...TRAINING_COMMANDS,
] as const;
/** `init` writes a config file and reads none. */
const CONFIGURED_COMMANDS = COMMAND_NAMES.filter((name) => name !== 'init');
const SCORING_COMMANDS = ['score', 'prune', ...SEARCH_COMMANDS] as const;
const CUTTING_COMMANDS = ['prune', ...SEARCH_COMMANDS] as const;
const DATA_COMMANDS = ['prune', 'eval', 'init', 'compare', ...SEARCH_COMMANDS, ...TRAINING_COMMANDS] as const;
/** Criteria that weights alone are not enough for. */
const LOOKING = Object.entries(criteria).flatMap(([name, entry]) => ('needs' in entry ? [name] : []));
/** Commands that read pictures, whether or not they look at labels. */
const PICTURE_COMMANDS = [
  'score',
  'prune',
  'eval',
  'init',
  'compare',
  'verify',
  ...RECOVERY_COMMANDS,
  ...SEARCH_COMMANDS,
  ...TRAINING_COMMANDS,
] as const;

/** The table. */
export const options = {
  config: {
    group: 'Output',
    type: 'path',
    value: 'FILE',
    text: 'config file; without it espalier.yaml of this folder, if there is one',
    commands: CONFIGURED_COMMANDS,
  },
  json: {
    group: 'Output',
    type: 'flag',
    default: false,
    text: 'print one JSON document instead of text',
    commands: COMMAND_NAMES,
  },
  quiet: {
    group: 'Output',
    type: 'flag',
    default: false,
    short: 'q',
    text: 'no progress and no log, only the result, warnings and errors',
    commands: COMMAND_NAMES,
  },
  model: {
    group: 'Data',
    type: 'path',
    value: 'FILE',
    argument: true,
    text: 'the model, where the command line names none',
    examples: ['model.onnx'],
    commands: ONE_MODEL_COMMANDS,
  },
  inputShape: {
    group: 'Data',
    type: 'list',
    value: 'NAME:1x3x640x640',
    text: 'sizes of an input with open dims (the name may be left out with one input)',
    examples: [['1x3x640x640'], ['images:1x3x640x640']],
    commands: MODEL_COMMANDS,
  },
  threads: {
    group: 'Engine',
    type: 'integer',
    value: 'N',
    min: 1,
    text: 'threads inside the inference engine; without it the engine chooses',
    examples: [1],
    commands: [...MEASURING_COMMANDS, ...SEARCH_COMMANDS, ...TRAINING_COMMANDS, 'runs compare'],
  },
  provider: {
    group: 'Engine',
    type: 'text',
    value: 'NAME',
    default: 'cpu',
    text: 'execution provider of the inference engine, see devices list; a device that joins chooses by itself without it',
    commands: [...MEASURING_COMMANDS, ...SEARCH_COMMANDS, ...TRAINING_COMMANDS, 'runs compare'],
  },
  seed: {
    group: 'Engine',
    type: 'integer',
    value: 'N',
    default: 0,
    min: 0,
    max: 0xffff_ffff,
    text: 'seed of everything random: random scores, inputs of proofs, resampling, order and augmentation of training',
    commands: [
      ...(['score', 'prune', 'verify', 'compare', 'bench', 'devices serve', 'reconstruct'] as const),
      ...SEARCH_COMMANDS,
      ...TRAINING_COMMANDS,
    ],
  },

  workers: {
    group: 'Engine',
    type: 'integer',
    value: 'N',
    min: 1,
    text: 'worker threads; without it one per core for scoring, one per four cores for probing, and one that makes batches for training',
    examples: [2],
    commands: [...SCORING_COMMANDS, ...TRAINING_COMMANDS],
  },

  criterion: {
    group: 'Scoring',
    type: 'choice',
    choices: Object.keys(criteria) as readonly CriterionName[],
    text: `how channels are scored; without it by fscl, and by fscl-active where a detector is searched; ${LOOKING.join(', ')} look at --data`,
    commands: SCORING_COMMANDS,
  },
  norm: {
    group: 'Scoring',
    type: 'choice',
    choices: ['l1', 'l2'],
    default: 'l1',
    text: 'FSCL: norm of a composed kernel',
    commands: SCORING_COMMANDS,
  },
  mode: {
    group: 'Scoring',
    type: 'choice',
    choices: convolutionModes,
    default: 'full',
    text: 'FSCL: part of the composed kernel that counts',
    commands: SCORING_COMMANDS,
  },
  pairs: {
    group: 'Scoring',
    type: 'choice',
    choices: ['sum', 'mean'],
    default: 'sum',
    text: 'FSCL: kernel pairs of a filter are added up or averaged',
    commands: SCORING_COMMANDS,
  },
  reduction: {
    group: 'Scoring',
    type: 'choice',
    choices: reductions,
    default: 'sum',
    text: 'how the scores of coupled filters become one',
    commands: SCORING_COMMANDS,
  },
  normalizer: {
    group: 'Scoring',
    type: 'choice',
    choices: normalizers,
    default: 'sum',
    text: 'what the scores of a group are divided by, to compare groups',
    commands: SCORING_COMMANDS,
  },

  macs: {
    group: 'Target',
    type: 'number',
    value: 'FRACTION',
    above: 0,
    below: 1,
    text: 'target: fraction of the multiply-accumulates that is kept',
    examples: [0.6],
    commands: ['prune'],
  },
  params: {
    group: 'Target',
    type: 'number',
    value: 'FRACTION',
    above: 0,
    below: 1,
    text: 'target: fraction of the parameters that is kept',
    examples: [0.5],
    commands: ['prune'],
  },
  ratio: {
    group: 'Target',
    type: 'number',
    value: 'FRACTION',
    above: 0,
    below: 1,
    text: 'target: fraction of the prunable channels that is removed',
    examples: [0.3],
    commands: ['prune'],
  },
  layerRatios: {
    group: 'Target',
    type: 'path',
    value: 'FILE',
    text: 'target: YAML or JSON file, fraction removed by node name',
    examples: ['ratios.yaml'],
    commands: ['prune'],
  },
  latency: {
    group: 'Target',
    type: 'text',
    value: 'LATENCY',
    text: "target: latency to reach on this machine, milliseconds such as 12ms or a fraction of the original's",
    examples: ['12ms', 0.5],
    commands: ['prune'],
  },
  latencyMethod: {
    group: 'Target',
    type: 'choice',
    choices: LATENCY_METHODS,
    default: 'knapsack',
    text: 'how widths are chosen for a latency: all at once by their prices, or one step after the other',
    commands: ['prune', 'run'],
  },
  latencyTable: {
    group: 'Engine',
    type: 'path',
    value: 'FILE',
    text: "latency of layers on this device, read and added to; default: a file in the user's cache folder",
    examples: ['this-machine.json'],
    commands: [...CUTTING_COMMANDS, 'devices profile'],
  },
  plan: {
    group: 'Target',
    type: 'path',
    value: 'FILE',
    text: 'target: a plan made before, applied as it is; for other commands the plan that was applied',
    examples: ['plan.json'],
    commands: ['prune', 'verify', ...RECOVERY_COMMANDS],
  },
  roundTo: {
    group: 'Limits',
    type: 'integer',
    value: 'N',
    default: 1,
    min: 1,
    word: 'auto',
    text: 'kept widths become multiples of N; auto: of what this machine computes as fast as the next width below, measured once',
    commands: CUTTING_COMMANDS,
  },
  maxRatio: {
    group: 'Limits',
    type: 'number',
    value: 'FRACTION',
    default: DEFAULT_MAX_RATIO,
    above: 0,
    max: 1,
    text: 'no layer loses more than this fraction of its channels, over all cuts of a run together',
    commands: CUTTING_COMMANDS,
  },
  branches: {
    group: 'Limits',
    type: 'choice',
    choices: ['auto', 'on', 'off'],
    default: 'auto',
    text: 'whether residual branches and slots of concatenations may go altogether, with their layers; auto: where the target is a latency',
    commands: CUTTING_COMMANDS,
  },
  ignore: {
    group: 'Limits',
    type: 'list',
    value: 'PATTERN',
    text: 'layers that stay whole, by node name; * stands for any text',
    examples: [['head*']],
    commands: CUTTING_COMMANDS,
  },
  ranking: {
    group: 'Limits',
    type: 'choice',
    choices: ['global', 'local'],
    text: 'channels compete across the network, or every layer gives the same fraction; without it global for --macs and --params, local for --ratio and for cuts that are recovered',
    commands: ['prune'],
  },
  output: {
    group: 'Output',
    type: 'path',
    value: 'FILE',
    short: 'o',
    text: 'where the new model goes; without it NAME-pruned.onnx (NAME-recalibrated.onnx, NAME-finetuned.onnx, …) in this folder; for init the config file, without it espalier.yaml; for compare a copy of the model that is picked, without it none',
    examples: ['small.onnx'],
    commands: ['prune', 'init', ...RECOVERY_COMMANDS, ...TRAINING_COMMANDS, 'run', 'compare'],
  },
  savePlan: {
    group: 'Output',
    type: 'path',
    value: 'FILE',
    text: 'write the plan as JSON, to be read, edited and applied with --plan',
    examples: ['plan.json'],
    commands: ['prune'],
  },
  dryRun: {
    group: 'Output',
    type: 'flag',
    default: false,
    text: 'do everything but write no file',
    commands: ['prune'],
  },
  force: {
    group: 'Output',
    type: 'flag',
    default: false,
    text: 'replace files that exist, and the run folder; remove a run that is being written',
    commands: ['prune', 'init', ...RECOVERY_COMMANDS, ...TRAINING_COMMANDS, 'run', 'compare', 'runs rm'],
  },
  verify: {
    group: 'Output',
    type: 'flag',
    default: true,
    text: 'prove that the cut model computes what the zeroed original does',
    commands: ['prune'],
  },
  bench: {
    group: 'Output',
    type: 'flag',
    default: true,
    text: 'measure the latency, before and after or side by side',
    commands: ['prune', 'run', 'runs compare'],
  },

  data: {
    group: 'Data',
    type: 'path',
    value: 'PATH',
    text: 'data, labelled or not: a folder or a file, its format is recognised',
    examples: ['images', 'dataset.yaml', 'train.bin'],
    commands: PICTURE_COMMANDS,
  },
  dataFormat: {
    group: 'Data',
    type: 'choice',
    choices: DATASET_KINDS,
    text: 'format of the data where it cannot be recognised',
    commands: PICTURE_COMMANDS,
  },
  recordShape: {
    group: 'Data',
    type: 'text',
    value: '1x64x64',
    text: 'planes, height and width of the records of a records file',
    examples: ['3x32x32'],
    commands: PICTURE_COMMANDS,
  },
  split: {
    group: 'Data',
    type: 'text',
    value: 'NAME',
    text: 'part of the data that has parts, such as val',
    examples: ['train', 'val'],
    commands: PICTURE_COMMANDS,
  },
  labels: {
    group: 'Data',
    type: 'path',
    value: 'FILE',
    text: 'labels beside an .npy file of inputs',
    examples: ['labels.npy'],
    commands: PICTURE_COMMANDS,
  },
  preprocess: {
    group: 'Data',
    type: 'text',
    value: 'TEXT|FILE',
    orPath: true,
    text: 'preprocessing as key=value pairs or a YAML file; what is not given is guessed from the model and printed',
    examples: ['scale=1/255 mean=0.485,0.456,0.406 std=0.229,0.224,0.225', 'preprocess.yaml'],
    commands: PICTURE_COMMANDS,
  },
  task: {
    group: 'Data',
    type: 'choice',
    choices: ['classify', 'detect', 'segment', 'other'] as const satisfies readonly ModelTask[],
    text: 'what the model is for, where labels and output shapes do not tell',
    commands: DATA_COMMANDS,
  },
  layout: {
    group: 'Data',
    type: 'choice',
    choices: Object.keys(DETECTION_LAYOUTS),
    text: 'how a detector lays out its boxes, where the shapes do not tell',
    commands: DATA_COMMANDS,
  },
  metric: {
    group: 'Data',
    type: 'path',
    value: 'FILE',
    text: 'a metric of your own: an ES module that exports createMetric()',
    examples: ['metric.mjs'],
    commands: DATA_COMMANDS,
  },
  reference: {
    group: 'Data',
    type: 'path',
    value: 'MODEL',
    text: 'measure agreement with this model, no labels needed',
    examples: ['model.onnx'],
    commands: ['eval'],
  },
  limit: {
    group: 'Data',
    type: 'integer',
    value: 'N',
    min: 1,
    text: 'at most N samples, chosen over the whole set',
    examples: [1000],
    commands: ['prune', 'eval', 'compare', 'verify', ...SEARCH_COMMANDS, ...TRAINING_COMMANDS],
  },
  batch: {
    group: 'Data',
    type: 'integer',
    value: 'N',
    min: 1,
    text: 'samples per run where the model leaves its batch open, without it 8; of a training step, without it 64, with a detector 4',
    examples: [64],
    commands: DATA_COMMANDS,
  },
  ...trainingOptions,
  ...searchOptions,
  ...decisionOptions,
  ...deviceOptions,

  original: {
    group: 'Data',
    type: 'path',
    value: 'MODEL',
    text: 'the model that was pruned',
    examples: ['model.onnx'],
    commands: RECOVERY_COMMANDS,
  },
  recover: {
    group: 'Recovery',
    type: 'choice',
    choices: SEARCH_RECOVERIES,
    text: 'what is done for the accuracy after a cut; without it reconstruct where there are --data; finetune and distil train, which is for run only',
    commands: ['prune', 'run'],
  },
  calibration: {
    group: 'Recovery',
    type: 'integer',
    value: 'N',
    min: 1,
    text: 'samples that criteria and recovery look at; without it 256, or as many as the size of the input suggests',
    commands: ['score', 'prune', ...RECOVERY_COMMANDS],
  },
  calibrationData: {
    group: 'Recovery',
    type: 'path',
    value: 'PATH',
    text: 'data that criteria and recovery look at, of the format of --data; without it those of --data',
    examples: ['images'],
    commands: ['prune'],
  },

  format: {
    group: 'Output',
    type: 'choice',
    choices: ['text', 'json', 'dot'],
    default: 'text',
    text: 'text, the JSON document, or a Graphviz graph',
    commands: ['groups'],
  },
  profile: {
    group: 'Output',
    type: 'flag',
    default: false,
    text: 'measure the time of every operator too',
    commands: ['inspect', 'bench'],
  },
  memory: {
    group: 'Output',
    type: 'flag',
    default: true,
    text: 'measure the peak memory of every model, in a process of its own on this machine',
    commands: ['bench'],
  },
  warmup: {
    group: 'Engine',
    type: 'integer',
    value: 'N',
    default: 3,
    min: 0,
    text: 'runs of each model before the clock counts',
    commands: ['compare', 'bench', 'devices serve'],
  },
  rounds: {
    group: 'Engine',
    type: 'integer',
    value: 'N',
    default: 10,
    min: 1,
    text: 'least rounds, each a slice of 20 ms of every model in turn',
    commands: ['compare', 'bench', 'devices serve'],
  },
  seconds: {
    group: 'Engine',
    type: 'number',
    value: 'S',
    default: 3,
    min: 0,
    text: 'least measured time of each model',
    commands: ['compare', 'bench', 'devices serve'],
  },
} as const satisfies Readonly<Record<string, OptionRow>>;

/** The name of an option as code spells it. */
export type OptionName = keyof typeof options;

type Rows = typeof options;

/** The value of one option: never undefined where there is a default. */
export type OptionValue<Name extends OptionName> = Rows[Name] extends { default: unknown } | { type: 'list' }
  ? ValueOf<Rows[Name]>
  : ValueOf<Rows[Name]> | undefined;

/** The options of one command, with their values. */
export type OptionsFor<Command extends CommandName> = {
  readonly [Name in OptionName as Command extends Rows[Name]['commands'][number]
    ? Name
    : never]: OptionValue<Name>;
};

/** The rows a command takes, by group and within it in table order; `config print` takes all, to show what they would become. */
export function optionsOf(command: CommandName): readonly (readonly [OptionName, OptionRow])[] {
  const rows = Object.entries(options) as [OptionName, OptionRow][];
  return OPTION_GROUPS.flatMap((group) => rows.filter(([, row]) => row.group === group)).filter(
    ([, row]) => command === 'config print' || row.commands.includes(command),
  );
}
