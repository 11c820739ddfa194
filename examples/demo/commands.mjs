// Runs the command line as a user would type it, and shows what was typed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../packages/cli/bin/espalier.js', import.meta.url));

/**
 * Shows a command line and runs it; its failure is the failure of the whole script.
 *
 * @param {...string} words
 */
export function run(...words) {
  start(words, 'inherit');
}

/**
 * The same, and returns the JSON document that it prints with `--json`.
 *
 * @param {...string} words
 */
export function ask(...words) {
  return JSON.parse(start([...words, '--json'], 'pipe'));
}

/** @param {readonly string[]} words @param {'inherit' | 'pipe'} stdout */
function start(words, stdout) {
  console.log(`\n$ npx espalier ${words.join(' ')}`);
  const result = spawnSync(process.execPath, [program, ...words], {
    stdio: ['inherit', stdout, 'inherit'],
    encoding: 'utf8',
  });
  if (result.status === 0) return result.stdout ?? '';
  console.error(`Stopped: espalier ${words[0]} ended with ${result.error ?? `exit code ${result.status}`}.`);
  return process.exit(result.status ?? 1);
}
