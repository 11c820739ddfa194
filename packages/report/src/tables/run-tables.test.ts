import { expect, it } from 'vitest';
import { makeRunPage } from '../page/run-page.ts';
import { journal, source } from '../page/small-run.case.ts';
import {
  classesTable,
  compareTable,
  cutsTable,
  frozenTable,
  proofsTable,
  sensitivityTable,
  stepsTable,
  triesTable,
  widthsTable,
} from './run-tables.ts';

const page = makeRunPage(source);
const bare = makeRunPage({ journal });

it('compares before and after', () => {
  expect(compareTable(page).rows).toEqual([
    ['MACs', '10.0 M', '6.00 M', '60.0 %'],
    ['parameters', '1.00 M', '600 k', '60.0 %'],
    ['activations', '100 kB', '60.0 kB', '60.0 %'],
    ['file', '4.00 MB', '2.40 MB', '60.0 %'],
    [
      'latency',
      '4.00 ms (3.90 ms to 4.10 ms)',
      '2.50 ms (2.40 ms to 2.60 ms)',
      '1.60x as fast (1.50x to 1.70x)',
    ],
    ['top1', '0.9000 (0.7729 to 1.0271)', '0.8960 (0.7689 to 1.0231)', '−0.4 points (−1.4 to +0.6)'],
  ]);
  expect(compareTable(bare).rows.map(([name]) => name)).toEqual([
    'MACs',
    'parameters',
    'activations',
    'top1',
  ]);
  expect(compareTable(makeRunPage({ journal: [] })).rows).toEqual([]);
});

it('has a column only for what some step has', () => {
  const heads = (table: typeof stepsTable, of = page) => table(of).columns.map(({ head }) => head);
  expect(heads(stepsTable)).toEqual([
    ...['step', 'MACs', 'kept', 'parameters', 'kept', 'file', 'median', 'speed-up'],
    ...['top1', 'drop', '95 % interval', 'tries', 'proof'],
  ]);
  expect(heads(stepsTable, bare)).not.toContain('file');
  expect(stepsTable(page).rows[1]).toEqual([
    ...['1', '8.00 M', '80.0 %', '800 k', '80.0 %', '', '', ''],
    ...['0.8980', '0.0020', '-0.0080 to 0.0120', '2', 'proven'],
  ]);
});

it('lists tries, proofs and cuts', () => {
  expect(triesTable(page).rows[0]).toEqual([
    ...[
      '1',
      '1',
      '70.0 %',
      '0.4000',
      '0.8700',
      '0.0300',
      '0.0200 to 0.0400',
      '0.0380',
      '0.0100',
      'refused',
      '75 s',
    ],
  ]);
  expect(proofsTable(page).rows[0]).toEqual([
    '1',
    '1',
    '2',
    'proven',
    '3.2e-7',
    '1e-4',
    '1',
    '3',
    '1,200',
    '4',
  ]);
  const untold = { ...page, steps: page.steps.map(({ evidence: _, ...step }) => step) };
  expect(proofsTable(untold).columns).toHaveLength(4);
  expect(cutsTable(page).rows).toEqual([
    ['1', 'conv1', '16', '2'],
    ['2', 'conv1', '16', '2'],
  ]);
});

it('lists layers, frozen channels, classes and curves', () => {
  expect(widthsTable(page).rows[1]).toEqual(['2', 'conv2', 'Conv', '32', '20', '1.00 M', '500 k']);
  expect(frozenTable(page).rows).toEqual([['head', '10', "'scores' is an output of the model"]]);
  expect(classesTable(page).rows).toEqual([
    ['dog', '0.9500', '0.9000', '−5.0 points'],
    ['cat', '0.8000', '0.8200', '+2.0 points'],
  ]);
  expect(sensitivityTable(page)).toMatchObject({
    columns: [
      { head: 'group' },
      { head: 'channels' },
      { head: '−25 %' },
      { head: '−50 %' },
      { head: '−75 %' },
      { head: 'age' },
    ],
    rows: [
      ['conv2', '16', '5.0 points', '20.0 points', '40.0 points', '1 cut old'],
      ['conv1', '16', '2.0 points', '4.0 points', '20.0 points', 'fresh'],
    ],
  });
});

it('has a cell for every column', () => {
  for (const of of [page, bare]) {
    for (const table of [
      compareTable,
      stepsTable,
      triesTable,
      proofsTable,
      cutsTable,
      widthsTable,
      frozenTable,
      classesTable,
      sensitivityTable,
    ]) {
      const { columns, rows } = table(of);
      for (const row of rows) expect(row).toHaveLength(columns.length);
    }
  }
});
