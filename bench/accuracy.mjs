// Whether `espalier eval` reproduces what is known of the shared models: `npm run bench -- accuracy [NAME ...]`.
// Stated figures are those of the shared data's own README; classification must agree to 0.001, mAP to 0.01.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const shared = fileURLToPath(new URL('../../shared/data/', import.meta.url));
const cli = fileURLToPath(new URL('../packages/cli/bin/espalier.js', import.meta.url));

const CIFAR = [
  '--data',
  'cifar10/test.bin',
  '--preprocess',
  'scale=1/255 mean=.485,.456,.406 std=.229,.224,.225',
];
const CIFAR_OWN = [
  '--data',
  'cifar10/test.bin',
  '--preprocess',
  'scale=1/255 mean=.4914,.4822,.4465 std=.2023,.1994,.2010',
];
const PCB = [
  '--data',
  'pcb/test.bin.gz',
  '--record-shape',
  '1x64x64',
  '--preprocess',
  'scale=1/255 mean=.5 std=.5',
];
const COCO = ['--data', 'coco/dataset.yaml', '--split', 'val'];
const CASES = {
  resnet20: { args: CIFAR, stated: { top1: 0.8103 } },
  resnet56: { args: CIFAR, stated: { top1: 0.832 } },
  'resnet56-bn': { args: CIFAR, stated: { top1: 0.832 } },
  vgg16: { args: CIFAR_OWN, stated: { top1: 0.8768 } },
  'pcb-simple-cnn': { args: PCB, stated: { top1: 0.9277 } },
  'pcb-mobilenetv2': { args: PCB, stated: { top1: 0.9598 } },
  yolov5n: { args: COCO, stated: { mAP50: 0.519, 'mAP50-95': 0.337 } },
  yolov8n: { args: COCO, stated: { mAP50: 0.582, 'mAP50-95': 0.423 } },
  'yolox-nano': { args: COCO, stated: { mAP50: 0.507, 'mAP50-95': 0.343 } },
};
const ALLOWED = { top1: 0.001, mAP50: 0.01, 'mAP50-95': 0.01 };

const wanted = process.argv.slice(2);
const results = [];
for (const [name, { args, stated }] of Object.entries(CASES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (!existsSync(shared)) {
    console.error(`Skipped ${name}: the shared models and images are not here.`);
    continue;
  }
  const paths = args.map((arg, i) => (args[i - 1] === '--data' ? shared + arg : arg));
  const run = spawnSync(
    process.execPath,
    [cli, 'eval', `${shared}models/${name}.onnx`, ...paths, '--json', '--quiet'],
    {
      encoding: 'utf8',
    },
  );
  if (run.status !== 0)
    throw new Error(`eval of ${name} ended with ${run.status}: ${run.stdout}${run.stderr}`);
  const { metrics } = JSON.parse(run.stdout);
  for (const [metric, value] of Object.entries(stated)) {
    const measured = metrics[metric];
    const agrees = Math.abs(measured - value) <= ALLOWED[metric] + 1e-9;
    results.push({ model: name, metric, stated: value, measured, agrees });
    console.log(
      `${name} ${metric}: stated ${value.toFixed(4)}, measured ${measured.toFixed(4)}${agrees ? '' : ', too far off'}`,
    );
  }
}
console.log(JSON.stringify({ bench: 'accuracy', results }));
