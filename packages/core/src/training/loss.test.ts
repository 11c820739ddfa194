// Losses against their formulas worked out here, gradients against central differences.
import { describe, expect, it } from 'vitest';
import { toFloat32 } from '../onnx/tensor.ts';
import { mixLosses, writeCrossEntropy, writeDistillation, writeMatching } from './loss.ts';
import { array, checkLoss, noise } from './run-model.case.ts';

const [BATCH, CLASSES] = [3, 4];
const logits = noise([BATCH, CLASSES], 1);
const teacher = noise([BATCH, CLASSES], 2);
const targets = array([BATCH, CLASSES], [0, 1, 0, 0, 0.3, 0, 0.7, 0, 0, 0, 0, 1]);

const rowsOf = (values: ArrayLike<number>): number[][] =>
  Array.from({ length: BATCH }, (_, row) => Array.from(values).slice(row * CLASSES, (row + 1) * CLASSES));

function softmax(row: readonly number[], temperature = 1): number[] {
  const powers = row.map((value) => Math.exp(value / temperature));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/** Mean over the rows of −Σ p·log softmax(z / T). */
function crossEntropy(wanted: readonly number[][], temperature = 1): number {
  const rows = rowsOf(toFloat32(logits)).map((row) => softmax(row, temperature));
  return (
    -rows.flatMap((row, n) => row.map((p, c) => wanted[n]![c]! * Math.log(p))).reduce((a, b) => a + b) / BATCH
  );
}

describe('writeCrossEntropy', () => {
  it.each([0, 0.1, 0.5])('with a smoothing of %d', async (smoothing) => {
    const { value } = await checkLoss(
      (c) => writeCrossEntropy(c.emit, c.value('z'), c.input('t', [BATCH, CLASSES]), smoothing),
      { z: logits },
      { t: targets },
    );
    const wanted = rowsOf(toFloat32(targets)).map((row) =>
      row.map((p) => p * (1 - smoothing) + smoothing / CLASSES),
    );
    expect(value).toBeCloseTo(crossEntropy(wanted), 5);
  });

  it('reads maps of one position as rows', async () => {
    const write = (dims: readonly number[]) =>
      checkLoss(
        (c) => writeCrossEntropy(c.emit, c.value('z'), c.input('t', [BATCH, CLASSES])),
        { z: { ...logits, dims } },
        { t: targets },
      );
    expect(await write([BATCH, CLASSES, 1, 1])).toEqual(await write([BATCH, CLASSES]));
  });
});

describe('writeDistillation', () => {
  it.each([1, 2, 4])('at temperature %d', async (temperature) => {
    const { value } = await checkLoss(
      (c) => writeDistillation(c.emit, c.value('z'), c.input('t', [BATCH, CLASSES]), temperature),
      { z: logits },
      { t: teacher },
    );
    const softened = rowsOf(toFloat32(teacher)).map((row) => softmax(row, temperature));
    expect(value).toBeCloseTo(temperature ** 2 * crossEntropy(softened, temperature), 4);
  });

  it('asks for no change of the teacher itself', async () => {
    const { gradients } = await checkLoss(
      (c) => writeDistillation(c.emit, c.value('z'), c.input('t', [BATCH, CLASSES])),
      { z: teacher },
      { t: teacher },
    );
    expect(Math.max(...gradients.z!.map(Math.abs))).toBeLessThan(1e-6);
  });
});

describe('writeMatching', () => {
  const dims = [2, 3, 2];
  const [student, master, weights] = [noise(dims, 3), noise(dims, 4), array([2, 1, 2], [0, 1, 0.5, 2])];

  /** Σ w·(s − t)² / Σ w·t². */
  function distance(weigh: (i: number) => number): number {
    const [s, t] = [toFloat32(student), toFloat32(master)];
    const sum = (of: (i: number) => number): number => s.reduce((total, _, i) => total + weigh(i) * of(i), 0);
    return sum((i) => (s[i]! - t[i]!) ** 2) / sum((i) => t[i]! ** 2);
  }

  it('is the squared distance in units of the teacher', async () => {
    const { value } = await checkLoss(
      (c) => writeMatching(c.emit, c.value('s'), c.input('t', dims)),
      { s: student },
      { t: master },
    );
    expect(value).toBeCloseTo(
      distance(() => 1),
      5,
    );
  });

  it('counts positions by their weights', async () => {
    const { value, gradients } = await checkLoss(
      (c) => writeMatching(c.emit, c.value('s'), c.input('t', dims), c.input('w', weights.dims)),
      { s: student },
      { t: master, w: weights },
    );
    const weigh = (i: number): number => toFloat32(weights)[2 * Math.floor(i / 6) + (i % 2)]!;
    expect(value).toBeCloseTo(distance(weigh), 5);
    expect(gradients.s!.map(Math.abs).filter((_, i) => weigh(i) === 0)).toEqual(new Float32Array(3));
  });

  it('is finite for a teacher that is silent', async () => {
    const zeros = array(dims, new Array(12).fill(0));
    const { value } = await checkLoss(
      (c) => writeMatching(c.emit, c.value('s'), c.input('t', dims)),
      { s: zeros },
      { t: zeros },
    );
    expect(value).toBe(0);
  });
});

describe('mixLosses', () => {
  it('adds weighted losses, and their gradients where they meet', async () => {
    const values = { z: logits, s: teacher };
    const { value } = await checkLoss(
      (c) => {
        const t = c.input('t', [BATCH, CLASSES]);
        return mixLosses(c.emit, [
          { loss: writeCrossEntropy(c.emit, c.value('z'), t), weight: 0.25 },
          { loss: writeMatching(c.emit, c.value('z'), t), weight: 2 },
          { loss: writeMatching(c.emit, c.value('s'), t), weight: 1 },
        ]);
      },
      values,
      { t: targets },
    );
    const [z, s, t] = [logits, teacher, targets].map((each) => toFloat32(each)) as Float32Array[];
    const power = t!.reduce((sum, x) => sum + x * x, 0);
    const from = (x: Float32Array): number =>
      x.reduce((sum, each, i) => sum + (each - t![i]!) ** 2, 0) / power;
    expect(value).toBeCloseTo(0.25 * crossEntropy(rowsOf(t!)) + 2 * from(z!) + from(s!), 4);
  });
});
