// How long models take to load and to run on this machine, at one and at all cores:
// `npm run bench -- latency [MODEL.onnx ...]`, by default the shared resnet56 and yolov5n.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom, randomFeeds, traceModel } from '@espalier/core';
import { createOrtEngine, measureLatency, readModel } from '@espalier/node';

const shared = (name) => fileURLToPath(new URL(`../../shared/data/models/${name}.onnx`, import.meta.url));
const given = process.argv.slice(2);
const paths = (given.length > 0 ? given : ['resnet56', 'yolov5n'].map(shared)).filter((path) => {
  if (existsSync(path)) return true;
  console.error(`Skipped ${path}: there is no such file.`);
  return false;
});

const engine = createOrtEngine();
const results = [];
for (const path of paths) {
  const { model } = await readModel(path);
  const traced = await traceModel(model, engine);
  const session = await engine.load(model);
  const types = new Map(session.inputs.map((input) => [input.name, input.type]));
  await session.close();
  const feeds = randomFeeds(traced.sizes[0], types, createRandom(1));
  for (const threads of new Set([1, availableParallelism()])) {
    const subject = { name: basename(path, '.onnx'), model };
    for await (const event of measureLatency(engine, [subject], feeds, {
      random: createRandom(2),
      threads,
    })) {
      if (event.type === 'warning') console.error(event.message);
      if (event.type === 'measured') results.push(describe(event.report));
    }
  }
}
console.log(JSON.stringify({ bench: 'latency', results }));

function describe({ models: [model], threads, warnings, machine }) {
  const { name, loadMs, firstRunMs, medianMs, p95Ms, iterations } = model;
  const [low, high] = medianMs.interval;
  console.log(
    `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: load ${loadMs.toFixed(1)} ms, first run ${firstRunMs.toFixed(1)} ms, ` +
      `median ${medianMs.value.toFixed(2)} ms [${low.toFixed(2)}, ${high.toFixed(2)}], p95 ${p95Ms.toFixed(2)} ms, ${iterations} runs`,
  );
  return { ...model, threads, warnings, cpu: machine.cpu, onnxruntime: machine.onnxruntime };
}
