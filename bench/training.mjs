// How fast a network is trained beside PyTorch on the processor: `npm run bench -- training [NET ...] [--profile] [--rounds 5] [--seconds 2]
// [--batch N] [--threads 2] [--python /usr/bin/python3]`, by default every net of lib/training/nets.mjs. Each side is a process of its own that
// trains the same net from the same weights on the same batch (SGD with Nesterov momentum and weight decay), for some seconds in turn with the
// other. Without PyTorch (Debian's python3-torch) only our own throughput is printed, and the ratios are null.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { groupBy } from '@espalier/core';
import { describeMachine, findDisturbances } from '@espalier/node';
import { countMacs } from './lib/training/draw-net.mjs';
import { NETS } from './lib/training/nets.mjs';
import { raceTrainers, startTrainer } from './lib/training/trainer.mjs';

/** How the nets are trained; the rate is small, so that rounding has not driven the two sides apart after two steps. */
const SETTINGS = { rate: 0.001, momentum: 0.9, weightDecay: 5e-4 };
/** The most that the losses of the first two steps may differ by, relative. */
const TOLERANCE = 1e-3;
/** Images per second at least and memory at most, in times of PyTorch's; `cifar` and `other` are what the nets look at. */
const BARS = { cifar: 1, other: 0.5, memory: 1.5 };
/** What is done by a formulation of its own. */
const PARTS = { forward: 'the forward pass', input: "the input's gradient", weight: "the weights' gradient" };

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    batch: { type: 'string' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
});
const unknown = names.find((name) => NETS.every((net) => net.name !== name));
if (unknown !== undefined) {
  console.error(`There is no net '${unknown}'; the nets are ${NETS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const threads = Number(options.threads);
const machine = await describeMachine();
const warnings = findDisturbances(machine);
for (const warning of warnings) console.error(warning);
const torch = findTorch();
if (torch === null) {
  console.log(`${options.python} has no PyTorch (Debian: python3-torch): nothing to compare with.`);
}

const folder = await mkdtemp(join(tmpdir(), 'espalier-bench-'));
const results = [];
try {
  for (const net of NETS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const batch = Number(options.batch ?? net.batch);
    const result = await measureNet({ ...net, ...SETTINGS, batch, threads });
    describe(result);
    results.push(result);
  }
} finally {
  await rm(folder, { recursive: true });
}
const { cpu, onnxruntime } = machine;
console.log(
  JSON.stringify({ bench: 'training', threads, bars: BARS, cpu, onnxruntime, torch, warnings, results }),
);

async function measureNet(net) {
  const { name, batch, picture, layers } = net;
  const own = join(folder, name);
  await mkdir(own);
  await writeFile(join(own, 'net.json'), JSON.stringify(net));
  const { choices } = runScript('prepare-net.mjs', own, join(folder, 'formulations.json'));
  const sides = [await startTrainer(process.execPath, [script('step-net.mjs'), own])];
  if (torch !== null) sides.push(await startTrainer(options.python, [script('torch_steps.py'), own]));
  const raced = await raceTrainers(sides, {
    rounds: Number(options.rounds),
    seconds: Number(options.seconds),
  });
  const peakBytes = [];
  for (const side of sides) peakBytes.push((await side.close()).peakBytes);

  const imagesPerSecond = raced.map(({ ms }) => (1000 * batch) / ms);
  const losses = raced.map((side) => side.losses);
  const ratio = overTorch(imagesPerSecond);
  const memoryRatio = overTorch(peakBytes);
  const goal = picture[1] === 32 ? 'cifar' : 'other';
  const missed = [];
  if (ratio !== null && ratio < BARS[goal]) missed.push(goal);
  if (memoryRatio !== null && memoryRatio > BARS.memory) missed.push('memory');
  return {
    ...{ name, batch, picture, macs: countMacs(layers), ratio, memoryRatio, missed },
    ...{ imagesPerSecond, peakBytes, losses, lossDifference: compareLosses(name, losses), choices },
    ...(options.profile && { profile: runScript('profile-net.mjs', own) }),
  };
}

function overTorch([ours, theirs]) {
  return theirs === undefined ? null : ours / theirs;
}

/** The largest relative difference of the first losses; null where there is nothing to compare. */
function compareLosses(name, [ours, theirs]) {
  if (theirs === undefined) return null;
  const difference = Math.max(...ours.map((loss, i) => Math.abs(loss / theirs[i] - 1)));
  if (difference <= TOLERANCE) return difference;
  throw new Error(
    `The two sides do not train the same ${name}: losses ${ours.join(', ')} and ${theirs.join(', ')}. Their times mean nothing.`,
  );
}

/** Runs one of the scripts to its end and returns what its last line says. */
function runScript(file, ...args) {
  const stdio = ['ignore', 'pipe', 'inherit'];
  const text = execFileSync(process.execPath, [script(file), ...args], { encoding: 'utf8', stdio });
  return JSON.parse(text.trim().split('\n').at(-1));
}

function script(file) {
  return fileURLToPath(new URL(`lib/training/${file}`, import.meta.url));
}

/** Version of the PyTorch to compare with, null where there is none. */
function findTorch() {
  const { status, stdout } = spawnSync(
    options.python,
    ['-c', 'import numpy, torch; print(torch.__version__)'],
    {
      encoding: 'utf8',
    },
  );
  return status === 0 ? stdout.trim() : null;
}

function describe({ name, batch, picture, macs, imagesPerSecond, peakBytes, losses, choices, ...result }) {
  const sides = (values, show) => values.map((value, i) => `${show(value)} ${i === 0 ? 'ours' : 'PyTorch'}`);
  const times = (ratio) => (ratio === null ? '' : `: ${ratio.toFixed(2)}x`);
  console.log(`${name}: ${picture.join('x')}, batch ${batch}, ${(macs / 1e6).toFixed(0)} million MACs`);
  const speeds = sides(imagesPerSecond, (speed) => speed.toFixed(1)).join(', ');
  console.log(`  images per second: ${speeds}${times(result.ratio)}`);
  const peaks = sides(peakBytes, (bytes) => (bytes / 2 ** 20).toFixed(0)).join(', ');
  console.log(`  peak memory, MiB: ${peaks}${times(result.memoryRatio)}`);
  const first = sides(losses, (own) => own.map((loss) => loss.toFixed(5)).join(' ')).join(', ');
  const apart = result.lossDifference === null ? '' : `: ${result.lossDifference.toExponential(1)} apart`;
  console.log(`  first losses: ${first}${apart}`);
  for (const [part, words] of Object.entries(PARTS)) {
    const groups = groupBy(Object.values(choices), (choice) => choice[part]);
    const counts = [...groups].map(([choice, shapes]) => `${choice} ${shapes.length}`);
    console.log(`  formulation of ${words}, by shapes: ${counts.join(', ')}`);
  }
  if (result.missed.length > 0) console.log(`  missed: ${result.missed.join(', ')}`);
  if (result.profile) describeProfile(choices, result.profile);
}

function describeProfile(choices, { runMs, operators }) {
  console.log('  convolutions [input, weight, strides, dilations, pads, groups]:');
  for (const [shape, { forward, input, weight }] of Object.entries(choices)) {
    console.log(`    ${shape}: ${forward}, ${input}, ${weight}`);
  }
  const total = operators.reduce((sum, { ms }) => sum + ms, 0);
  console.log(
    `  one step under the profiler: ${runMs.toFixed(0)} ms, ${total.toFixed(0)} ms of it in operators`,
  );
  for (const { opType, nodes, ms } of operators.slice(0, 12)) {
    console.log(`    ${opType}, ${nodes} nodes: ${ms.toFixed(1)} ms, ${((100 * ms) / total).toFixed(1)} %`);
  }
}
