// What denormal numbers cost on this machine, by kind of layer: `npm run bench -- denormals`. Each net is measured beside itself without
// them: with weights that are denormal (the guard finds and flushes those), and with inputs that make activations denormal (no guard can).
import { createRandom, findDenormals, flushDenormals, GraphBuilder } from '@espalier/core';
import { createOrtEngine, measureLatency } from '@espalier/node';

const LAYERS = 3;
const [CHANNELS, SIZE, WIDTH] = [64, 28, 512];
const KINDS = {
  'Conv 3x3': {
    dims: [1, CHANNELS, SIZE, SIZE],
    add: (g, x, weight) => g.node('Conv', [x, weight([CHANNELS, CHANNELS, 3, 3])], { pads: [1, 1, 1, 1] }),
  },
  'Conv depthwise': {
    dims: [1, CHANNELS, SIZE, SIZE],
    add: (g, x, weight) =>
      g.node('Conv', [x, weight([CHANNELS, 1, 3, 3])], { pads: [1, 1, 1, 1], group: CHANNELS }),
  },
  MatMul: { dims: [64, WIDTH], add: (g, x, weight) => g.node('MatMul', [x, weight([WIDTH, WIDTH])]) },
  Mul: {
    dims: [1, CHANNELS, SIZE, SIZE],
    add: (g, x, weight) => g.node('Mul', [x, weight([1, CHANNELS, 1, 1])]),
  },
};

const engine = createOrtEngine();
const results = [];
for (const [kind, { dims, add }] of Object.entries(KINDS)) {
  const dead = buildNet(dims, add, { weights: 1e-39 });
  const pairs = {
    weights: [dead, flushDenormals(dead)],
    activations: [buildNet(dims, add, { inputs: 1e-40 }), buildNet(dims, add, {})],
  };
  for (const [cause, models] of Object.entries(pairs)) {
    const { value, interval } = await measureGain(models, { x: noise(dims, 1, 7) });
    const range = interval.map((bound) => bound.toFixed(2)).join(', ');
    console.log(`${kind.padEnd(15)} ${cause.padEnd(12)} ${value.toFixed(2)}x as fast without [${range}]`);
    const count = findDenormals(models[0]).reduce((sum, weight) => sum + weight.count, 0);
    results.push({ kind, cause, weights: count, gain: value, interval });
  }
}
console.log(JSON.stringify({ bench: 'denormals', results }));

/** Layers in a row; weights of the first one, or the inputs of all, are times so much. */
function buildNet(dims, add, { weights = 1, inputs = 1 }) {
  const g = new GraphBuilder();
  let x = g.node('Mul', [g.input('x', dims), g.scalar(inputs)]);
  for (let layer = 0; layer < LAYERS; layer++) {
    x = add(g, x, (shape) => g.constant(noise(shape, layer === 0 ? weights : 1, layer)));
  }
  g.output(x);
  return g.model();
}

function noise(dims, scale, seed) {
  const random = createRandom(seed);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { type: 'float32', dims, data: Float32Array.from({ length: count }, () => scale * random.normal()) };
}

/** Gain of the second model over the first. */
async function measureGain([first, second], feeds) {
  const subjects = [
    { name: 'with', model: first },
    { name: 'without', model: second },
  ];
  const options = { threads: 1, random: createRandom(1) };
  for await (const event of measureLatency(engine, subjects, feeds, options)) {
    if (event.type === 'measured') return event.report.models[1].speedup;
  }
}
