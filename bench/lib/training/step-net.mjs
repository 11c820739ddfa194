// `node step-net.mjs FOLDER`: trains a prepared net with espalier, as many steps as each line on stdin says, and answers every line with
// their losses and milliseconds; at the end of stdin with the most memory this process ever held. torch_steps.py does the same.
import { createInterface } from 'node:readline';
import { toChoices } from '@espalier/node';
import { openNet, readFeeds, readJson } from './open-net.mjs';

const [folder] = process.argv.slice(2);
const say = (answer) => console.log(JSON.stringify(answer));

const choices = toChoices(await readJson(folder, 'formulations.json'));
const { net, engine, training, inputs } = await openNet(folder, async () => choices);
const feeds = await readFeeds(folder, inputs);
let vectors = training.initial;
let step = 0;
say({ version: `onnxruntime-node ${engine.version}` });

for await (const line of createInterface({ input: process.stdin })) {
  const losses = [];
  const ms = [];
  while (ms.length < Number(line)) {
    step += 1;
    const start = performance.now();
    const result = await training.session.run(feeds, vectors, { rate: net.rate, averageDecay: 0.99, step });
    ms.push(performance.now() - start);
    losses.push(result.loss);
    vectors = result.vectors;
  }
  say({ losses, ms });
}
await training.session.close();
say({ peakBytes: process.resourceUsage().maxRSS * 1024 });
