// `node profile-net.mjs FOLDER`: where a training step of a prepared net spends its time, by operator, as one line of JSON.
import { groupBy, STEP_INPUTS, stateInput } from '@espalier/core';
import { profileOperators, toChoices } from '@espalier/node';
import { openNet, readFeeds, readJson } from './open-net.mjs';

const [folder] = process.argv.slice(2);
const choices = toChoices(await readJson(folder, 'formulations.json'));
const { net, engine, load, training, inputs } = await openNet(folder, async () => choices);
const { program, initial, session } = training;
await session.close();

const scalars = { [STEP_INPUTS.rate]: net.rate, [STEP_INPUTS.averageDecay]: 0.99, [STEP_INPUTS.step]: 1 };
const array = (data, dims) => ({ type: 'float32', dims, data });
const feeds = {
  ...(await readFeeds(folder, inputs)),
  ...Object.fromEntries(
    Object.entries(scalars).map(([name, value]) => [name, array(Float32Array.of(value), [])]),
  ),
  ...Object.fromEntries(
    program.state.map(({ name, length }) => [stateInput(name), array(initial[name], [length])]),
  ),
};
const options = { ...load, optimization: 'disabled', runs: 3, warmup: 1 };
const { rows, runMs } = await profileOperators(engine, program.model, feeds, options);
const operators = [...groupBy(rows, ({ opType }) => opType)]
  .map(([opType, own]) => ({ opType, nodes: own.length, ms: own.reduce((sum, { ms }) => sum + ms, 0) }))
  .sort((a, b) => b.ms - a.ms);
console.log(JSON.stringify({ runMs, operators }));
