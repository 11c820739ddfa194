// A process that trains when it is told to: step-net.mjs or torch_steps.py, which speak alike.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { median } from '@espalier/core';

/** Starts a trainer and waits until it is ready. Close it. */
export async function startTrainer(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ${args.join(' ')} ended without an answer.`);
    return JSON.parse(value);
  };
  const { version } = await answer();
  return {
    version,
    /** Trains that many steps and returns their `losses` and `ms`. */
    train(steps) {
      child.stdin.write(`${steps}\n`);
      return answer();
    },
    /** Ends the process and returns the `peakBytes` it had resident. */
    close() {
      child.stdin.end();
      return answer();
    },
  };
}

/** Steps before those that are timed, which compile and fill caches; their losses tell whether two trainers train the same net. */
const WARM_UP = 2;

/**
 * Lets trainers train in turn, round by round, the slowest for `seconds` a round. Returns `ms` (median of a step) and `losses` (of the first
 * steps) of each.
 */
export async function raceTrainers(trainers, { rounds, seconds }) {
  const first = [];
  for (const trainer of trainers) first.push(await trainer.train(WARM_UP));
  const slowest = Math.max(...first.map(({ ms }) => ms.at(-1)));
  const steps = Math.ceil((1000 * seconds) / slowest);
  const times = trainers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, trainer] of trainers.entries()) times[i].push(...(await trainer.train(steps)).ms);
  }
  return trainers.map((_, i) => ({ ms: median(times[i]), losses: first[i].losses }));
}
