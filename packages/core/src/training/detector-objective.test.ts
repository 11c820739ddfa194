// The detector's loss against the same loss worked out here, for the three kinds of heads that YOLO detectors have.
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import { BOX_WEIGHT, detectorObjective } from './detector-objective.ts';
import { teacherInput } from './objective.ts';
import { type Arrays, array, checkLoss, noise } from './run-model.case.ts';

type Heads = Readonly<Record<string, readonly number[]>>;
type Maps = Readonly<Record<string, (channel: number, position: number) => number>>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const sum = (count: number, of: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => of(i)).reduce((a, b) => a + b, 0);
const square = (x: number): number => x * x;

/** Binary cross-entropy of a logit against the teacher's, less what it would be were they equal. */
const divergence = (s: number, t: number): number => {
  const [p, q] = [sigmoid(t), sigmoid(s)];
  return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
};

const draw = (heads: Heads, seed: number): Arrays =>
  Object.fromEntries(Object.entries(heads).map(([name, dims], i) => [name, noise(dims, seed + i)]));

/** The loss of student and teacher under an objective, its gradient checked. */
function evaluate(heads: Heads, classCount: number, student: Arrays, teacher: Arrays) {
  const maps = Object.entries(heads).map(([value, dims]) => ({ value, dims }));
  const feeds = Object.fromEntries(Object.entries(teacher).map(([name, map]) => [teacherInput(name), map]));
  return checkLoss(detectorObjective(maps, classCount).write, student, feeds);
}

/** Reads maps of one image by channel and position. */
const readers = (maps: Arrays): Maps =>
  Object.fromEntries(
    Object.entries(maps).map(([name, { dims, data }]) => {
      const positions = elementCount(dims.slice(2));
      return [name, (channel: number, position: number) => Number(data[channel * positions + position])];
    }),
  );

/** Boxes of `boxes` channels and class logits at `positions` positions, in units of the confidence there is. */
function twoMapLoss(
  s: Maps,
  t: Maps,
  scale: string,
  boxes: number,
  classes: number,
  positions: number,
): number {
  const [box, cls] = [`box${scale}`, `cls${scale}`];
  const confidence = (p: number): number =>
    Math.max(...Array.from({ length: classes }, (_, c) => sigmoid(t[cls]!(c, p))));
  const found = Math.max(1, sum(positions, confidence));
  const distance = (p: number): number => sum(boxes, (c) => square(s[box]!(c, p) - t[box]!(c, p))) / boxes;
  const logits = (p: number): number => sum(classes, (c) => divergence(s[cls]!(c, p), t[cls]!(c, p)));
  return sum(positions, (p) => BOX_WEIGHT * confidence(p) * distance(p) + logits(p)) / found;
}

describe('boxes and classes apart, two scales', () => {
  const heads = { box0: [1, 16, 2, 2], cls0: [1, 5, 2, 2], box1: [1, 16, 1, 1], cls1: [1, 5, 1, 1] };

  it('is the mean over the scales', async () => {
    const [student, teacher] = [draw(heads, 1), draw(heads, 11)];
    const { value } = await evaluate(heads, 5, student, teacher);
    const [s, t] = [readers(student), readers(teacher)];
    expect(value).toBeCloseTo((twoMapLoss(s, t, '0', 16, 5, 4) + twoMapLoss(s, t, '1', 16, 5, 1)) / 2, 4);
  });

  it('takes boxes for boxes even where their channels would make whole anchors', async () => {
    const some = { box0: [1, 64, 1, 2], cls0: [1, 3, 1, 2] };
    const [student, teacher] = [draw(some, 1), draw(some, 11)];
    const { value } = await evaluate(some, 3, student, teacher);
    expect(value).toBeCloseTo(twoMapLoss(readers(student), readers(teacher), '0', 64, 3, 2), 4);
  });
});

describe('anchors', () => {
  it('hold boxes, objectness and classes, each weighted by its own objectness', async () => {
    const heads = { map: [1, 3 * 7, 1, 2] };
    const [student, teacher] = [draw(heads, 1), draw(heads, 11)];
    const { value } = await evaluate(heads, 2, student, teacher);
    const [s, t] = [readers(student).map!, readers(teacher).map!];
    const loss = (index: number): number => {
      const [first, p] = [7 * Math.floor(index / 2), index % 2];
      const logit = (c: number): number => divergence(s(first + c, p), t(first + c, p));
      const boxes = sum(4, (c) => square(s(first + c, p) - t(first + c, p))) / 4;
      return sigmoid(t(first + 4, p)) * (BOX_WEIGHT * boxes + logit(5) + logit(6)) + logit(4);
    };
    const found = sum(6, (index) => sigmoid(t(7 * Math.floor(index / 2) + 4, index % 2)));
    expect(value).toBeCloseTo(sum(6, loss) / Math.max(1, found), 4);
  });
});

describe('boxes, objectness and classes apart', () => {
  it('is as sure as objectness and the best class together', async () => {
    const heads = { box: [1, 4, 1, 3], obj: [1, 1, 1, 3], cls: [1, 6, 1, 3] };
    const [student, teacher] = [draw(heads, 1), draw(heads, 11)];
    const { value } = await evaluate(heads, 6, student, teacher);
    const [s, t] = [readers(student), readers(teacher)];
    const confidence = (p: number): number =>
      sigmoid(t.obj!(0, p)) * Math.max(...[0, 1, 2, 3, 4, 5].map((c) => sigmoid(t.cls!(c, p))));
    const loss = (p: number): number =>
      (BOX_WEIGHT * confidence(p) * sum(4, (c) => square(s.box!(c, p) - t.box!(c, p)))) / 4 +
      divergence(s.obj!(0, p), t.obj!(0, p)) +
      sum(6, (c) => divergence(s.cls!(c, p), t.cls!(c, p)));
    expect(value).toBeCloseTo(sum(3, loss) / Math.max(1, sum(3, confidence)), 4);
  });
});

describe('every kind of head', () => {
  it.each<[string, Heads, number]>([
    ['boxes and classes', { box: [2, 8, 2, 1], cls: [2, 3, 2, 1] }, 3],
    ['anchors', { map: [2, 14, 2, 1] }, 2],
    ['boxes, objectness and classes', { box: [2, 4, 2, 1], obj: [2, 1, 2, 1], cls: [2, 3, 2, 1] }, 3],
    ['boxes alone', { box: [2, 4, 2, 1] }, 3],
  ])('wants nothing of the teacher itself: %s', async (_, heads, classCount) => {
    const teacher = draw(heads, 5);
    const { value, gradients } = await evaluate(heads, classCount, teacher, teacher);
    expect(Math.abs(value)).toBeLessThan(1e-6);
    expect(Object.keys(gradients)).toEqual(Object.keys(heads));
    for (const gradient of Object.values(gradients)) {
      expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-7);
    }
  });
});

it('minds boxes as much as the teacher is sure that they are there', async () => {
  const heads = { box: [1, 4, 1, 2], cls: [1, 3, 1, 2] };
  const classes = array(heads.cls, [2, -4, -1, -4, -1, -4]);
  const boxes = noise(heads.box, 3);
  const off = (position: number): NdArray =>
    array(
      heads.box,
      toFloat32(boxes).map((x, i) => (i % 2 === position ? x + 1 : x)),
    );
  const lossOf = async (position: number): Promise<number> => {
    const student = { box: off(position), cls: classes };
    return (await evaluate(heads, 3, student, { box: boxes, cls: classes })).value;
  };
  expect((await lossOf(0)) / (await lossOf(1))).toBeCloseTo(sigmoid(2) / sigmoid(-4), 2);
});

it('reads the maps, and asks the teacher for each of them', () => {
  const objective = detectorObjective(
    [
      { value: 'a', dims: [1, 4, 2, 2] },
      { value: 'b', dims: [1, 3, 2, 2] },
    ],
    3,
  );
  expect(objective.reads).toEqual(['a', 'b']);
  expect([...objective.teacher]).toEqual([
    ['a', teacherInput('a')],
    ['b', teacherInput('b')],
  ]);
  expect(objective.targets).toBeUndefined();
});

it('matches values inside the model as well, each in units of its own size', async () => {
  const dims = { map: [1, 7, 1, 2], small: [1, 3, 2, 2], large: [1, 2, 1, 1] };
  const [student, teacher] = [draw(dims, 1), draw(dims, 11)];
  const lossWith = async (features: readonly string[]): Promise<number> => {
    const objective = detectorObjective([{ value: 'map', dims: dims.map }], 2, {
      features,
      featureWeight: 3,
    });
    const feeds = objective.reads.map((name) => [teacherInput(name), teacher[name]!] as const);
    return (await checkLoss(objective.write, student, Object.fromEntries(feeds))).value;
  };
  const shareOf = (name: string): number => {
    const [s, t] = [toFloat32(student[name]!), toFloat32(teacher[name]!)];
    return sum(s.length, (i) => square(s[i]! - t[i]!)) / sum(t.length, (i) => square(t[i]!));
  };
  const added = (await lossWith(['small', 'large'])) - (await lossWith([]));
  expect(added).toBeCloseTo((3 * (shareOf('small') + shareOf('large'))) / 2, 4);
});
