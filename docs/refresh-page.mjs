// Refreshes a page of docs: `node docs/refresh-page.mjs PAGE [DATA]`, where PAGE is tutorial, searching or latency. Every command of the page is run, in
// order, in a new folder, and what it prints replaces what stood beneath it. In the folder lie what `npm run demo` leaves, the demo's classifier with
// its pictures, and `models` and `data` of DATA (default ../shared/data, beside the repository), where there is such a folder.
import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawPictures, packRecords, SPLITS } from '../examples/demo/dataset.mjs';

const [, , name, given] = process.argv;
const repository = fileURLToPath(new URL('..', import.meta.url));
const page = join(repository, `docs/${name}.md`);
const data = resolve(given ?? join(repository, '../shared/data'));

const folder = await realpath(await mkdtemp(join(tmpdir(), 'espalier-page-')));
try {
  await symlink(data, join(folder, 'data'));
  await symlink(join(data, 'models'), join(folder, 'models'));
  await copyFile(join(repository, 'examples/demo/inspection.onnx'), join(folder, 'inspection.onnx'));
  for (const [file, part] of [
    ['recovery.bin', { ...SPLITS.train, count: 4000 }],
    ['test.bin', SPLITS.test],
  ]) {
    await writeFile(join(folder, file), packRecords(drawPictures(part)));
  }
  const parts = (await readFile(page, 'utf8')).split(/^(```\w+\n[\s\S]*?^```)$/m);
  const refreshed = [];
  for (const part of parts) refreshed.push(await refresh(part));
  await writeFile(page, refreshed.join(''));
} finally {
  await rm(folder, { recursive: true });
}

/** A console block with fresh output; a YAML block is saved under the name in its first line. */
async function refresh(part) {
  const [, language, content] = /^```(\w+)\n([\s\S]*?)^```$/m.exec(part) ?? [];
  if (language === 'yaml') await writeFile(join(folder, /^# (\S+)/.exec(content)[1]), content);
  if (language !== 'console') return part;
  const commands = [...content.matchAll(/^\$ (.*)$/gm)].map(([, command]) => command);
  return `\`\`\`console\n${commands.map((command) => `$ ${command}\n${run(command)}`).join('')}\`\`\``;
}

/** What a command prints on stdout; progress and warnings go to whoever runs this. A target that was not reached (4) is a result too. */
function run(command) {
  console.error(`$ ${command}`);
  const PATH = [join(repository, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const { status, stdout } = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
    cwd: folder,
    env: { ...process.env, PATH, NO_COLOR: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0 && status !== 4) throw new Error(`'${command}' ended with ${status}.`);
  // Columns of a table end in spaces, and the page's reader has a folder of another name.
  return stdout.replaceAll(`${folder}/`, '').replace(/ +$/gm, '');
}
