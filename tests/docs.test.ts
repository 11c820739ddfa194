// The programs in the documentation run, against the built packages, and print what the page says they print.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRandom } from '@espalier/core';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkplace, smallClassifierBytes, type Workplace } from './e2e/run-cli.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('..', import.meta.url));

/** A program of a page. */
interface Snippet {
  /** The heading it stands under. */
  readonly heading: string;
  readonly code: string;
  /** What it prints: the `text` block right behind it, where there is one. */
  readonly prints?: string;
}

/** Headings and fenced blocks, in the order of the page. */
const PARTS = /^#+ (?<title>.+)$|^```(?<language>\w+)\n(?<content>[\s\S]*?)^```$/gm;

function readSnippets(page: string): readonly Snippet[] {
  const parts = [...readFileSync(join(repository, page), 'utf8').matchAll(PARTS)].map(
    ({ groups }) => groups!,
  );
  return parts.flatMap(({ language = '', content = '' }, i) => {
    if (!['js', 'ts'].includes(language)) return [];
    const heading = parts.slice(0, i).findLast(({ title }) => title !== undefined)!.title!;
    const next = parts[i + 1];
    return [{ heading, code: content, ...(next?.language === 'text' && { prints: next.content! }) }];
  });
}

/** Labelled 3x8x8 pictures of noise, in records of one label byte and the planes. */
function noiseRecords(count: number): Uint8Array {
  const random = createRandom(5);
  return Uint8Array.from({ length: count * 193 }, (_, i) => random.integer(i % 193 === 0 ? 5 : 256));
}

const pages = ['docs/library.md', 'README.md']
  .filter((page) => existsSync(join(repository, page)))
  .map((page) => ({ page, snippets: readSnippets(page) }))
  .filter(({ snippets }) => snippets.length > 0);

describe.each(pages)('$page', ({ snippets }) => {
  let workplace: Workplace;
  beforeAll(async () => {
    workplace = await openWorkplace();
    await workplace.write('model.onnx', smallClassifierBytes());
    await workplace.write('images.bin', noiseRecords(40));
    await symlink(join(repository, 'node_modules'), join(workplace.folder, 'node_modules'));
  });
  afterAll(() => workplace.close());

  // In order: a reader goes from top to bottom, and later programs read what earlier ones wrote.
  it.each(snippets)('$heading', async ({ code, prints }) => {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    await workplace.write('snippet.mjs', ts.transpileModule(code, { compilerOptions }).outputText);
    const { stdout } = await run(process.execPath, ['snippet.mjs'], { cwd: workplace.folder });
    if (prints !== undefined) expect(stdout).toBe(prints);
  });
});

/** Commands of the page's terminal blocks: `espalier NAME …` up to whatever a shell puts behind it. */
function listCommands(page: string): readonly string[] {
  const text = readFileSync(join(repository, page), 'utf8');
  const blocks = [...text.matchAll(/^```(?:console|sh)\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  return blocks.flatMap((block) => block.match(/\bespalier [a-z]+[^|;\n]*/g) ?? []);
}

it.each(['docs/tutorial.md', 'docs/searching.md'])('%s uses commands and flags that exist', async (page) => {
  const workplace = await openWorkplace();
  try {
    const commands = listCommands(page);
    expect(commands.length).toBeGreaterThan(5);
    for (const name of new Set(commands.map((command) => command.split(' ')[1]!))) {
      const { code, stdout } = await workplace.run([name, '--help']);
      expect(code, name).toBe(0);
      const flags = commands.filter((command) => command.startsWith(`espalier ${name} `)).join(' ');
      for (const [flag] of flags.matchAll(/(?<= )--?[a-z][a-z-]*/g)) expect(stdout).toContain(`${flag} `);
    }
  } finally {
    await workplace.close();
  }
});
