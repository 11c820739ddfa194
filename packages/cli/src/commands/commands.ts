// The table of commands: what help and docs say of them, and where their code is. The code is loaded only when it runs.
import type { OptionName } from '../options/options.ts';
import type { RunCommand } from './command.ts';
import type { CommandName } from './command-names.ts';

/** A positional argument. */
export interface ArgumentRow {
  /** As usage lines show it: `MODEL`. */
  readonly name: string;
  readonly text: string;
  /** Default true. */
  readonly required?: boolean;
  /** The option it is the value of, which environment and config file can say too. */
  readonly option?: OptionName;
}

/** What people read of a command. */
export interface CommandDescription {
  /** One sentence without full stop. */
  readonly text: string;
  readonly arguments: readonly ArgumentRow[];
  /** Command lines without the leading `espalier`. */
  readonly examples: readonly string[];
}

/** A row of the table. */
export interface CommandRow<Command extends CommandName> extends CommandDescription {
  readonly load: () => Promise<RunCommand<Command>>;
}

const MODEL: ArgumentRow = {
  name: 'MODEL',
  text: 'an ONNX file; without it the `model` of the config file',
  option: 'model',
};
const RUN: ArgumentRow = { name: 'RUN', text: 'the folder of a run, or its name in runs/' };

/** What is said of commands that only hold others. */
export const parents: Readonly<Record<string, string>> = {
  runs: 'Look at the folders of runs and trainings, compare them, and remove them.',
  devices: 'Measure on other devices: browsers, other machines, this one.',
  config: 'Show where the values of options come from.',
};

/** The table. */
export const commands: { readonly [Command in CommandName]: CommandRow<Command> } = {
  inspect: {
    text: 'Show what a model consists of, where its cost lies and what can be pruned',
    arguments: [MODEL],
    examples: ['inspect model.onnx', 'inspect model.onnx --profile --json'],
    load: async () => (await import('./inspect.ts')).runInspect,
  },
  groups: {
    text: 'Show which channels are tied together and which convolution feeds which',
    arguments: [MODEL],
    examples: ['groups model.onnx', 'groups model.onnx --format dot | dot -Tsvg > groups.svg'],
    load: async () => (await import('./groups.ts')).runGroups,
  },
  score: {
    text: 'Score the channels of a model: the lowest matter least',
    arguments: [MODEL],
    examples: [
      'score model.onnx --criterion fscl',
      'score model.onnx --criterion l1 --json',
      'score model.onnx --criterion fscl-active --data images',
    ],
    load: async () => (await import('./score.ts')).runScore,
  },
  prune: {
    text: 'Cut a model to a target, prove the cut and measure the gain',
    arguments: [MODEL],
    examples: [
      'prune model.onnx -o small.onnx --macs 0.6',
      'prune model.onnx -o small.onnx --ratio 0.3 --ignore "head*" --save-plan plan.json',
      'prune model.onnx -o small.onnx --macs 0.7 --criterion taylor --data images',
      'prune model.onnx -o small.onnx --plan plan.json',
    ],
    load: async () => (await import('./prune.ts')).runPrune,
  },
  sensitivity: {
    text: 'Measure how the accuracy falls when one group of channels alone is cut',
    arguments: [MODEL],
    examples: [
      'sensitivity model.onnx --data images',
      'sensitivity model.onnx --data images --rates 0.3,0.6 --criterion l1 --json',
    ],
    load: async () => (await import('./sensitivity.ts')).runSensitivity,
  },
  init: {
    text: 'Look at a model and its data, and write a config file from which `espalier run` can start',
    arguments: [
      { name: 'MODEL', text: 'an ONNX file; without it the only one in this folder', required: false },
    ],
    examples: [
      'init model.onnx --data images',
      'init model.onnx --data dataset.yaml -o configs/model.yaml',
      'init --data train.bin --force',
    ],
    load: async () => (await import('./init.ts')).runInit,
  },
  run: {
    text: 'Cut, recover and judge again and again, until a target is met or the accuracy budget is spent',
    arguments: [MODEL],
    examples: [
      'run',
      'run --config configs/model.yaml --seed 1',
      'run model.onnx --data images --target macs=0.4 --max-drop 1%',
      'run model.onnx --data images --target params=0.3 --recover finetune --epochs 2 --final-epochs 10',
      'run model.onnx --data images --target macs=0.4 --run-dir runs/a --resume',
    ],
    load: async () => (await import('./run.ts')).runRun,
  },
  finetune: {
    text: 'Win accuracy back: train a model further on labelled data, on the answers of the original, or on both',
    arguments: [MODEL],
    examples: [
      'finetune small.onnx --data images --teacher model.onnx',
      'finetune small.onnx --data unlabelled --teacher model.onnx --time 20m',
      'finetune small.onnx --data images --epochs 5 --run-dir runs/small --resume',
    ],
    load: async () => (await import('./training.ts')).runFinetune,
  },
  train: {
    text: 'Train a model from the weights in its file, or from scratch',
    arguments: [MODEL],
    examples: [
      'train model.onnx --data images --from-scratch --epochs 100',
      'train model.onnx --data images --from-scratch --deterministic --seed 7 --run-dir runs/first',
    ],
    load: async () => (await import('./training.ts')).runTrain,
  },
  compare: {
    text: 'Measure the steps of one run, or several models, side by side on one device or more, and pick one by a stated rule; `runs compare` compares whole runs',
    arguments: [
      {
        name: 'RUN_OR_MODEL',
        text: 'the folder of a run, its name in runs/, or the original as an ONNX file',
      },
      {
        name: 'OTHERS...',
        text: 'behind a model: models that were made of it',
        required: false,
      },
    ],
    examples: [
      'compare runs/a',
      'compare a --devices local,browser --max-drop 0.5% -o best.onnx',
      'compare a --pick weighted --weights accuracy=2,latency=1,size=0.5',
      'compare model.onnx small.onnx smaller.onnx --data images --pick knee',
    ],
    load: async () => (await import('./compare.ts')).runCompare,
  },
  'runs list': {
    text: 'Show every run and training below a folder: how far it has come, or how it ended',
    arguments: [{ name: 'DIR', text: 'where to look; without it runs/', required: false }],
    examples: ['runs list', 'runs list experiments --json'],
    load: async () => (await import('./runs-list.ts')).runRunsList,
  },
  'runs show': {
    text: 'Show one run: its steps, what was tried, its files, what it was asked, and how it can be gone on with',
    arguments: [RUN],
    examples: ['runs show runs/a', 'runs show a --json'],
    load: async () => (await import('./runs-show.ts')).runRunsShow,
  },
  'runs compare': {
    text: 'Show runs side by side: the settings that differ, what came of them, and how sure the difference is; `compare` compares the steps of one',
    arguments: [RUN, { name: 'OTHERS...', text: 'runs to compare with the first' }],
    examples: ['runs compare a b', 'runs compare runs/a runs/b runs/c --no-bench'],
    load: async () => (await import('./runs-compare.ts')).runRunsCompare,
  },
  'runs report': {
    text: 'Draw the pages of a run anew, report.html and report.md, also of one under way or one that was killed',
    arguments: [RUN],
    examples: ['runs report runs/a', 'runs report a --json'],
    load: async () => (await import('./runs-report.ts')).runRunsReport,
  },
  'runs rm': {
    text: 'Remove runs: their own files, and their folders where nothing else lies in them',
    arguments: [{ ...RUN, name: 'RUN...' }],
    examples: ['runs rm a', 'runs rm runs/a runs/b'],
    load: async () => (await import('./runs-rm.ts')).runRunsRm,
  },
  verify: {
    text: 'Prove that a pruned file computes what the original with zeroed channels does',
    arguments: [
      { name: 'ORIGINAL', text: 'the ONNX file that was pruned' },
      { name: 'PRUNED', text: 'the ONNX file that came out' },
    ],
    examples: ['verify model.onnx small.onnx --plan plan.json'],
    load: async () => (await import('./verify.ts')).runVerify,
  },
  recalibrate: {
    text: 'Give the channels of a pruned file the mean and spread they had in the original, without labels',
    arguments: [{ name: 'PRUNED', text: 'the ONNX file that came out of `prune`' }],
    examples: ['recalibrate small.onnx --original model.onnx --plan plan.json --data images'],
    load: async () => (await import('./recover.ts')).runRecalibrate,
  },
  reconstruct: {
    text: 'Refit the weights of a pruned file, layer by layer, to what the original computes, without labels',
    arguments: [{ name: 'PRUNED', text: 'the ONNX file that came out of `prune`' }],
    examples: [
      'reconstruct small.onnx --original model.onnx --plan plan.json --data images',
      'reconstruct small.onnx --original model.onnx --plan plan.json --data images -o better.onnx --calibration 512',
    ],
    load: async () => (await import('./recover.ts')).runReconstruct,
  },
  eval: {
    text: 'Measure the accuracy of a model on labelled data, or its agreement with another model',
    arguments: [MODEL],
    examples: ['eval model.onnx --data images', 'eval small.onnx --data images --reference model.onnx'],
    load: async () => (await import('./eval.ts')).runEval,
  },
  bench: {
    text: 'Measure the latency of one model, or of several side by side',
    arguments: [MODEL, { name: 'OTHERS...', text: 'models to compare with the first', required: false }],
    examples: [
      'bench model.onnx',
      'bench model.onnx small.onnx --threads 1',
      'bench model.onnx --profile',
      'bench model.onnx small.onnx --on browser',
      'bench model.onnx small.onnx --on browser --host 0.0.0.0 --provider webgpu',
      "bench model.onnx small.onnx --bench-command 'benchmark_app -m {model} -t 3' --bench-pattern 'Median: +([0-9.]+) ms'",
    ],
    load: async () => (await import('./bench.ts')).runBench,
  },
  'devices list': {
    text: 'Show what models can run on here: providers that really compute',
    arguments: [],
    examples: ['devices list', 'devices list --json'],
    load: async () => (await import('./devices-list.ts')).runDevicesList,
  },
  'devices serve': {
    text: 'Measure models on every browser and machine that joins, one after another',
    arguments: [MODEL, { name: 'OTHERS...', text: 'models to compare with the first', required: false }],
    examples: [
      'devices serve model.onnx small.onnx',
      'devices serve model.onnx small.onnx --host 0.0.0.0 --count 3',
    ],
    load: async () => (await import('./devices-serve.ts')).runDevicesServe,
  },
  'devices profile': {
    text: 'Learn how latency follows widths on a device, ahead of cuts: its steps, its best, and the layers of models',
    arguments: [
      { ...MODEL, required: false },
      { name: 'OTHERS...', text: 'more models whose layers are measured', required: false },
    ],
    examples: [
      'devices profile',
      'devices profile model.onnx --threads 1',
      'devices profile model.onnx other.onnx --on browser',
      "devices profile model.onnx --bench-command 'benchmark_app -m {model} -t 3' --latency-table board.json",
    ],
    load: async () => (await import('./devices-profile.ts')).runDevicesProfile,
  },
  worker: {
    text: 'Join another machine that runs `bench --on` or `devices serve`, and measure for it',
    arguments: [],
    examples: [
      'worker --join http://192.168.1.20:8797/#k7qf-2m9x-4tzd',
      'worker --join http://192.168.1.20:8797 --token k7qf-2m9x-4tzd --name board',
    ],
    load: async () => (await import('./worker.ts')).runWorker,
  },
  doctor: {
    text: 'Check this installation and describe the machine',
    arguments: [],
    examples: ['doctor'],
    load: async () => (await import('./doctor.ts')).runDoctor,
  },
  'config print': {
    text: 'Show every option with its value and where the value comes from',
    arguments: [{ ...MODEL, required: false }],
    examples: ['config print', 'config print --config ci.yaml --macs 0.5'],
    load: async () => (await import('./config-print.ts')).runConfigPrint,
  },
  'config schema': {
    text: 'Print the JSON Schema of the config file',
    arguments: [],
    examples: ['config schema > espalier.schema.json'],
    load: async () => (await import('./config-schema.ts')).runConfigSchema,
  },
};
