// Agreement of a changed model with its original, without labels: for classifiers, and for outputs of any kind.

import { toFloat32 } from '../onnx/tensor.ts';
import { selectOutput, splitRows, wrongOutput } from './batch-rows.ts';
import { argMax } from './classification.ts';
import type { AgreementMetric } from './metric.ts';

/** Probabilities below this count as this, so that one that underflowed does not make a divergence infinite. */
const LEAST_PROBABILITY = 1e-12;

/**
 * Agreement of classifiers: `top1Agreement`, the share of samples where both give the same class, and `kl`, the mean divergence
 * KL(original ‖ changed) in nats (On Information and Sufficiency, 1951). Outputs that are probabilities already are taken as they
 * are, others as logits. A class is what the original gave it. `output` names the output, default the first.
 */
export function createClassificationAgreement(output?: string): AgreementMetric {
  let samples = 0;
  let same = 0;
  let divergence = 0;
  const kept = new Map<number, { samples: number; same: number }>();
  return {
    name: 'top1Agreement',
    higherIsBetter: true,
    add(batch, original) {
      const truth = selectOutput(original, output);
      const answer = selectOutput(batch, output);
      requireSameShape(answer.dims, truth.dims);
      const rows = splitRows(answer, truth.dims[0]!);
      for (const [i, reference] of splitRows(truth, truth.dims[0]!).entries()) {
        const read = isDistribution(reference) ? logarithms : logSoftmax;
        const expected = read(reference);
        const given = read(rows[i]!);
        divergence += expected.reduce((sum, logP, c) => sum + Math.exp(logP) * (logP - given[c]!), 0);
        const wanted = argMax(reference);
        const isSame = argMax(rows[i]!) === wanted;
        const own = kept.get(wanted) ?? { samples: 0, same: 0 };
        kept.set(wanted, { samples: own.samples + 1, same: own.same + (isSame ? 1 : 0) });
        if (isSame) same++;
        samples++;
      }
    },
    result: () => ({ top1Agreement: same / samples, kl: divergence / samples }),
    classes: () =>
      new Map(
        [...kept].map(([index, own]) => [index, { samples: own.samples, value: own.same / own.samples }]),
      ),
  };
}

/**
 * Agreement of any outputs, element by element over the whole data set: per output `relativeL2/NAME`, |changed − original| over
 * |original|, and `cosine/NAME`; `relativeL2` is the largest of the outputs, `cosine` the smallest. An original of zeros gives
 * Infinity (0 where the changed model agrees) and a cosine of NaN.
 */
export function createOutputAgreement(): AgreementMetric {
  const sums = new Map<string, { difference: number; dot: number; changed: number; original: number }>();
  return {
    name: 'relativeL2',
    higherIsBetter: false,
    add(batch, original) {
      for (const [name, array] of Object.entries(original.outputs)) {
        const answer = selectOutput(batch, name);
        requireSameShape(answer.dims, array.dims);
        const sum = { ...(sums.get(name) ?? { difference: 0, dot: 0, changed: 0, original: 0 }) };
        const values = toFloat32(answer);
        for (const [i, truth] of toFloat32(array).entries()) {
          const value = values[i]!;
          sum.difference += (value - truth) ** 2;
          sum.dot += value * truth;
          sum.changed += value ** 2;
          sum.original += truth ** 2;
        }
        sums.set(name, sum);
      }
    },
    result() {
      const outputs = [...sums].map(([name, { difference, dot, changed, original }]) => ({
        name,
        relativeL2: difference === 0 ? 0 : Math.sqrt(difference / original),
        cosine: dot / Math.sqrt(changed * original),
      }));
      if (outputs.length === 0) return { relativeL2: Number.NaN, cosine: Number.NaN };
      return {
        relativeL2: Math.max(...outputs.map((output) => output.relativeL2)),
        cosine: Math.min(...outputs.map((output) => output.cosine)),
        ...Object.fromEntries(outputs.map(({ name, relativeL2 }) => [`relativeL2/${name}`, relativeL2])),
        ...Object.fromEntries(outputs.map(({ name, cosine }) => [`cosine/${name}`, cosine])),
      };
    },
  };
}

/** Whether values are probabilities: none below 0 and a sum of 1, as far as half precision tells. */
function isDistribution(values: Float32Array): boolean {
  return values.every((value) => value >= 0) && Math.abs(values.reduce((a, b) => a + b, 0) - 1) < 0.01;
}

function logarithms(probabilities: Float32Array): Float64Array {
  return Float64Array.from(probabilities, (p) => Math.log(Math.max(p, LEAST_PROBABILITY)));
}

function logSoftmax(logits: Float32Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const logSum = highest + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - highest), 0));
  return Float64Array.from(logits, (x) => x - logSum);
}

function requireSameShape(dims: readonly number[], original: readonly number[]): void {
  if (String(dims) !== String(original)) {
    throw wrongOutput(dims, `cannot be compared with the original's [${original.join(', ')}]`);
  }
}
