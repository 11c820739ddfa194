// Draws what a plan does to a model: one row per convolution, one square per channel, pale where the channel went.
// node examples/demo/channels-picture.mjs MODEL.onnx plan.json picture.svg
import { readFile, writeFile } from 'node:fs/promises';
import { keepOf, readPlan } from '@espalier/core';
import { analyseFile, createOrtEngine, follow } from '@espalier/node';

const CELL = 7;
const ROW = 13;
const NAMES = 150;
const COUNTS = 90;
const STYLE = `
  text { font: 11px ui-sans-serif, system-ui, sans-serif; fill: #57606a }
  .kept { fill: #2f855a } .gone { fill: #c6e6d2 } .fixed { fill: #8c959f }
  @media (prefers-color-scheme: dark) { text { fill: #9aa4ae } .kept { fill: #48bb78 } .gone { fill: #2b4636 } .fixed { fill: #6e7681 } }`;

/** The layers of a model as rows of squares. */
export function drawChannels(layers) {
  const widest = Math.max(...layers.map(({ channels }) => channels.length));
  const width = NAMES + widest * CELL + COUNTS;
  const rows = layers.map(({ name, channels }, row) => {
    const y = row * ROW + 4;
    const squares = runsOf(channels).map(({ state, from, count }) => {
      const path = Array.from({ length: count }, (_, i) => `M${NAMES + (from + i) * CELL} ${y}h5v8h-5z`);
      return `<path class="${state}" d="${path.join('')}"/>`;
    });
    const kept = channels.filter((state) => state !== 'gone').length;
    return [
      `<text x="${NAMES - 8}" y="${y + 8}" text-anchor="end">${name}</text>`,
      ...squares,
      `<text x="${NAMES + channels.length * CELL + 6}" y="${y + 8}">${kept} of ${channels.length}</text>`,
    ].join('');
  });
  const height = layers.length * ROW + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>Channels kept and removed, layer by layer</title><style>${STYLE}</style>${rows.join('')}</svg>\n`;
}

function runsOf(channels) {
  const runs = [];
  channels.forEach((state, i) => {
    const last = runs.at(-1);
    if (last?.state === state) last.count++;
    else runs.push({ state, from: i, count: 1 });
  });
  return runs;
}

/** Every layer that makes channels: its name and what becomes of each channel under a plan. */
export async function readLayers(modelPath, planPath) {
  const { traced, coupling } = await follow(analyseFile(modelPath, { engine: createOrtEngine() }));
  const keep = keepOf(traced, coupling, readPlan(JSON.parse(await readFile(planPath, 'utf8'))));
  const made = coupling.uses.filter(({ role, kernel }) => role === 'produce' && kernel);
  return made.map(({ node, labels }) => ({
    name: traced.nodes[node].name ?? traced.nodes[node].outputs[0],
    channels: Array.from(labels, (label) => {
      if (label < 0 || coupling.classes[label].frozen >= 0) return 'fixed';
      return keep[label] === 1 ? 'kept' : 'gone';
    }),
  }));
}

const [, script, model, plan, out] = process.argv;
if (script === new URL(import.meta.url).pathname && out) {
  await writeFile(out, drawChannels(await readLayers(model, plan)));
}
