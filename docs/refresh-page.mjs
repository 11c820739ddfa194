// Refreshes docs/tutorial.md: `node docs/make-tutorial.mjs [DATA]`. Every command of the page is run, in order, in a new folder in which `models`
// and `data` are those of DATA (default ../shared/data, beside the repository), and what it prints replaces what stood beneath it.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('tutorial.md', import.meta.url));
const repository = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(process.argv[2] ?? join(repository, '../shared/data'));

const folder = await realpath(await mkdtemp(join(tmpdir(), 'espalier-tutorial-')));
try {
  await symlink(data, join(folder, 'data'));
  await symlink(join(data, 'models'), join(folder, 'models'));
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

/** What a command prints on stdout; progress and warnings go to whoever runs this. */
function run(command) {
  console.error(`$ ${command}`);
  const PATH = [join(repository, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const { status, stdout } = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
    cwd: folder,
    env: { ...process.env, PATH, NO_COLOR: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`'${command}' ended with ${status}.`);
  // Columns of a table end in spaces, and the page's reader has a folder of another name.
  return stdout.replaceAll(`${folder}/`, '').replace(/ +$/gm, '');
}
