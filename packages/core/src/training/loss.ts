// Losses as part of the training graph: each is a scalar and the gradients it sends back into the model.
import type { Emitter } from '../autodiff/emitter.ts';

/** A loss as written: the scalar, and its gradient with respect to values of the model by name. */
export interface WrittenLoss {
  readonly value: string;
  readonly gradients: ReadonlyMap<string, string>;
}

/** The answer of a classifier: name in the traced model, name in the written graph, and dims [N, C] (or [N, C, 1, 1]). */
export interface LossValue {
  readonly value: string;
  readonly name: string;
  readonly dims: readonly number[];
}

/**
 * Cross-entropy of logits against `targets` [N, C], rows of probabilities; `smoothing` (0 to 1, default 0) mixes them with the uniform
 * distribution (Rethinking the Inception Architecture, 2016). The mean over the batch.
 */
export function writeCrossEntropy(
  emit: Emitter,
  logits: LossValue,
  targets: string,
  smoothing = 0,
): WrittenLoss {
  const [batch, classes] = rowsOf(logits.dims);
  const smoothed =
    smoothing === 0
      ? targets
      : emit.add(emit.scale(targets, 1 - smoothing), emit.scalar(smoothing / classes));
  return divergence(emit, logits, smoothed, 1, 1 / batch);
}

/**
 * Distillation: cross-entropy of logits over `temperature` T against the teacher's, softened alike, times T² so that its gradients keep
 * their size (Distilling the Knowledge in a Neural Network, 2015). It differs from the KL divergence by the teacher's entropy, which no
 * parameter changes. The mean over the batch.
 */
export function writeDistillation(
  emit: Emitter,
  logits: LossValue,
  teacher: string,
  temperature = 2,
): WrittenLoss {
  const [batch, classes] = rowsOf(logits.dims);
  const rows = emit.scale(emit.reshape(teacher, [batch, classes]), 1 / temperature);
  return divergence(emit, logits, emit.op('Softmax', [rows], { axis: 1 }), temperature, temperature / batch);
}

/**
 * Mean squared distance of a value from the teacher's, in units of the teacher's mean square so that values of any size weigh alike;
 * `weights` (broadcastable, default 1) says which positions matter.
 */
export function writeMatching(
  emit: Emitter,
  student: LossValue,
  teacher: string,
  weights?: string,
): WrittenLoss {
  const count = student.dims.reduce((product, size) => product * size, 1);
  const flat = (name: string): string => emit.reshape(name, [count]);
  const weigh = (name: string): string => (weights === undefined ? name : emit.mul(name, weights));
  const difference = emit.sub(student.name, teacher);
  const power = emit.reduceSum(flat(weigh(emit.mul(teacher, teacher))), [0]);
  const unit = emit.div(emit.scalar(1), emit.add(power, emit.scalar(1e-6)));
  const weighted = weigh(difference);
  const distance = emit.reduceSum(flat(emit.mul(weighted, difference)), [0]);
  const gradient = emit.mul(weighted, emit.scale(unit, 2));
  return { value: emit.mul(distance, unit), gradients: new Map([[student.value, gradient]]) };
}

/** Weighted sum of losses. */
export function mixLosses(
  emit: Emitter,
  losses: readonly { readonly loss: WrittenLoss; readonly weight: number }[],
): WrittenLoss {
  const gradients = new Map<string, string>();
  for (const { loss, weight } of losses) {
    for (const [value, gradient] of loss.gradients) {
      const scaled = emit.scale(gradient, weight);
      const before = gradients.get(value);
      gradients.set(value, before === undefined ? scaled : emit.add(before, scaled));
    }
  }
  const value = losses
    .map(({ loss, weight }) => emit.scale(loss.value, weight))
    .reduce((sum, term) => emit.add(sum, term));
  return { value, gradients };
}

/** −Σ target · log softmax(logits / T), times T² / N; its gradient is (softmax − target) · T / N. */
function divergence(
  emit: Emitter,
  { value, name, dims }: LossValue,
  targets: string,
  temperature: number,
  gradientScale: number,
): WrittenLoss {
  const [batch, classes] = rowsOf(dims);
  const rows = emit.scale(emit.reshape(name, [batch, classes]), 1 / temperature);
  const logs = emit.op('LogSoftmax', [rows], { axis: 1 });
  const total = emit.reduceSum(emit.mul(targets, logs), [0, 1]);
  const slope = emit.scale(emit.sub(emit.op('Exp', [logs]), targets), gradientScale);
  return {
    value: emit.scale(total, -temperature * gradientScale),
    gradients: new Map([[value, emit.reshape(slope, dims)]]),
  };
}

function rowsOf(dims: readonly number[]): readonly [batch: number, classes: number] {
  return [dims[0]!, dims.slice(1).reduce((product, size) => product * size, 1)];
}
