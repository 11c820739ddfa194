// What the pages of experiments share: logs of one JSON line per measurement, tables between markers.
import { readFile, writeFile } from 'node:fs/promises';

/** The lines of a log; none when there is no log. */
export async function readLines(log) {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Rewrites what stands between the page's markers `<!-- NAME -->` and `<!-- /NAME -->`; says so where there is nothing yet. */
export async function fillMarkers(url, parts) {
  let page = await readFile(url, 'utf8');
  for (const [name, content] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [page.indexOf(start) + start.length, page.indexOf(end)];
    if (to < from) throw new Error(`${url.pathname} has no markers '${name}'.`);
    page = `${page.slice(0, from)}\n${content || 'Not measured yet.'}\n${page.slice(to)}`;
  }
  await writeFile(url, page);
}

/** One line on the machine that measured. */
export function showEnvironment({ cpu, cores, node, onnxruntime, platform }) {
  return `${platform}, ${cpu}, ${cores} cores, Node ${node}, onnxruntime-node ${onnxruntime}.`;
}

/** A kept fraction of the MACs as what is removed. */
export function showLevel(macs) {
  return `−${Math.round(100 * (1 - macs))} %`;
}

/** A fraction without its leading zero. */
export function showShare(value) {
  return value.toFixed(3).replace(/^0/, '');
}

/** A Markdown table. */
export function table(head, lines) {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
