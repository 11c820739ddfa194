// `npm run bench -- NAME [arguments]` runs bench/NAME.mjs; the last line it prints is one JSON object, for machines to read.
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const folder = new URL('.', import.meta.url);
const names = (await readdir(folder))
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -'.mjs'.length))
  .sort();
const [name, ...rest] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`There is no bench '${name}'.`);
  console.error(`Usage: npm run bench -- NAME\nBenches: ${names.join(', ')}`);
  process.exit(2);
}

const script = fileURLToPath(new URL(`${name}.mjs`, folder));
const child = spawn(process.execPath, [script, ...rest], { stdio: ['inherit', 'pipe', 'inherit'] });
let last = '';
createInterface({ input: child.stdout }).on('line', (line) => {
  console.log(line);
  if (line.trim() !== '') last = line;
});
child.on('close', (code) => {
  if (code !== 0) process.exit(code ?? 1);
  if (isObject(last)) return;
  console.error(`Bench '${name}' did not end with a JSON object but with: ${last}`);
  process.exit(1);
});

function isObject(line) {
  try {
    return line.startsWith('{') && typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}
