// Whether `prune --round-to auto` ever leaves a model slower than it was: cuts every shared model to five shares of its MACs with the command
// itself, as a user does: `npm run bench -- never-slower [MODEL.onnx ...]`. A cut is faster (the whole 95 % interval of its speed-up is no less
// than 1), or the command says why not and writes nothing; anything else is printed as a violation, and the bench fails.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coarserStairs } from '@espalier/core';
import { findModels } from './lib/find-models.mjs';

const TARGETS = [0.95, 0.9, 0.8, 0.65, 0.5];
/** One thread: the other cores of the machine may be busy. */
const THREADS = 1;
/** What the command may refuse with, exit code 4. */
const REFUSALS = ['latency.slower', 'latency.not-faster', 'latency.no-cut', 'plan.unreachable'];

const script = fileURLToPath(new URL('../packages/cli/bin/espalier.js', import.meta.url));
const shared = new URL('../../shared/data/models/', import.meta.url);
const folder = await mkdtemp(join(tmpdir(), 'espalier-never-slower-'));
const table = join(folder, 'table.json');
const results = [];
try {
  for (const { name, path } of findModels(await listShared())) {
    for (const target of TARGETS) {
      const result = { model: name, target, ...(await cut(path, target)) };
      if (result.code === 'plan.nothing-to-cut') {
        console.log(`${name}: left out, it has no channel that can be cut`);
        break;
      }
      describe(result);
      results.push(result);
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const violations = results.filter(({ outcome }) => outcome === 'slower');
const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
console.log(`${count('faster')} faster, ${count('refused')} refused, ${violations.length} violations`);
console.log(JSON.stringify({ bench: 'never-slower', threads: THREADS, results }));
if (violations.length > 0) process.exitCode = 1;

/** Names of the shared models, those in folders too. */
async function listShared() {
  if (!existsSync(shared)) return [];
  const files = await readdir(shared, { recursive: true });
  return files.filter((file) => file.endsWith('.onnx')).map((file) => file.slice(0, -'.onnx'.length));
}

async function cut(path, target) {
  const output = join(folder, 'cut.onnx');
  await rm(output, { force: true });
  const words = ['prune', path, '-o', output, '--macs', target, '--round-to', 'auto'];
  const place = ['--threads', THREADS, '--latency-table', table, '--json', '--quiet'];
  const { exitCode, stdout, stderr } = await run([...words, ...place]);
  const document = JSON.parse(stdout);
  const code = /^error ([\w.-]+): /m.exec(stderr)?.[1];
  const speedup = document.latency?.models.at(-1).speedup;
  const isFaster = exitCode === 0 && existsSync(output) && speedup.interval[0] >= 1;
  const isRefused = exitCode === 4 && REFUSALS.includes(code) && !existsSync(output);
  return {
    macs: document.metrics?.macs,
    roundTo: existsSync(table)
      ? coarserStairs(JSON.parse(await readFile(table, 'utf8')).table.stairs).step
      : undefined,
    outcome: isFaster ? 'faster' : isRefused ? 'refused' : 'slower',
    ...(speedup && { speedup: speedup.value, interval: speedup.interval }),
    ...(code !== undefined && { code, message: /^error .*$/m.exec(stderr)[0] }),
  };
}

function run(words) {
  const child = spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

function describe({ model, target, macs, outcome, speedup, interval, message }) {
  const word = outcome === 'slower' ? 'VIOLATION' : outcome;
  const kept = macs === undefined ? '' : `, ${macs.toFixed(3)} kept`;
  const range = interval?.map((value) => value.toFixed(3)).join(' to ');
  const speed = speedup === undefined ? '' : `, ${speedup.toFixed(3)}x as fast (${range})`;
  console.log(`${model} to ${target} of the MACs${kept}${speed}: ${word}${message ? ` (${message})` : ''}`);
}
