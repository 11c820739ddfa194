// How soon help is there: `npm run bench -- start-up`. Processor time of `espalier --help` beyond that of bare Node, medians of runs in turn (bar: 100 ms).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '@espalier/core';

const cli = fileURLToPath(new URL('../packages/cli/bin/espalier.js', import.meta.url));
const report =
  'data:text/javascript,process.on("exit",()=>console.error(JSON.stringify(process.cpuUsage())))';
const work = (args) => {
  const { stderr } = spawnSync(process.execPath, ['--import', report, ...args], { encoding: 'utf8' });
  const { user, system } = JSON.parse(stderr);
  return (user + system) / 1000;
};
const pairs = Array.from({ length: 9 }, () => [work([cli, '--help']), work(['-e', '0'])]);
const [helpMs, nodeMs] = [0, 1].map((i) => median(pairs.map((pair) => pair[i])));
console.log(`--help: ${helpMs.toFixed(0)} ms, bare Node: ${nodeMs.toFixed(0)} ms`);
console.log(JSON.stringify({ bench: 'start-up', helpMs, nodeMs, ratio: helpMs / nodeMs }));
