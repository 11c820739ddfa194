// Recovering a detector without labels: its raw head maps should be what they are in the teacher, most of all where the teacher is confident that
// something is there (in the spirit of Learning Efficient Object Detection Models with Knowledge Distillation, 2017).
import type { Emitter } from '../autodiff/emitter.ts';
import type { LossValue, WrittenLoss } from './loss.ts';
import { mixLosses, writeMatching } from './loss.ts';
import { type Objective, teacherInput } from './objective.ts';
import type { LossContext } from './training-graph.ts';

/** A raw map of a detection head: name and dims [N, C, H, W]. */
export interface HeadMap {
  readonly value: string;
  readonly dims: readonly number[];
}

/** What is matched beside the maps. */
export interface DetectorOptions {
  /** Values inside the model that should be what they are in the teacher; default none. */
  readonly features?: readonly string[];
  /** Weight of their mean distance, each in units of its own mean square; default {@link FEATURE_WEIGHT}. */
  readonly featureWeight?: number;
  /** Weight of the boxes' distance beside the logits' 1; default {@link BOX_WEIGHT}. */
  readonly boxWeight?: number;
}

/** Weight of features beside the maps: what a picture holds says much of a few positions, features say something of all. */
export const FEATURE_WEIGHT = 10;

/** Weight of boxes beside logits: with 1, what is found becomes more and its boxes worse. */
export const BOX_WEIGHT = 10;

/** What the channels of a head map are. */
type MapKind =
  /** A logit per class. */
  | 'classes'
  /** One logit: is anything there. */
  | 'objectness'
  /** Per anchor: four numbers of a box, a logit of objectness, a logit per class. */
  | 'anchors'
  /** Numbers of a box. */
  | 'boxes';

/**
 * The objective for maps of `classCount` classes, which tells class maps, objectness maps and anchor maps of YOLO detectors apart. Logits are
 * matched by binary cross-entropy everywhere, boxes by squared distance weighted with the teacher's confidence at their position, both in units
 * of how much there is to detect.
 */
export function detectorObjective(
  maps: readonly HeadMap[],
  classCount: number,
  { features = [], featureWeight = FEATURE_WEIGHT, boxWeight = BOX_WEIGHT }: DetectorOptions = {},
): Objective {
  const reads = [...maps.map(({ value }) => value), ...features];
  return {
    reads,
    teacher: new Map(reads.map((value) => [value, teacherInput(value)])),
    features,
    write: (c) => {
      const scales = new Map<string, HeadMap[]>();
      for (const map of maps) {
        const key = map.dims.slice(2).join('x');
        scales.set(key, [...(scales.get(key) ?? []), map]);
      }
      const losses = [...scales.values()].flatMap((scale) => writeScale(c, scale, classCount, boxWeight));
      const matched = features.map((value) => {
        const student = c.value(value);
        return writeMatching(c.emit, student, c.input(teacherInput(value), student.dims));
      });
      return mixLosses(c.emit, [
        ...losses.map((loss) => ({ loss, weight: 1 / scales.size })),
        ...matched.map((loss) => ({ loss, weight: featureWeight / features.length })),
      ]);
    },
  };
}

/** A map of student and teacher side by side, as [N, A, C/A, H·W]: A anchors. */
interface Pair {
  readonly map: LossValue;
  readonly kind: MapKind;
  readonly dims: readonly [number, number, number, number];
  readonly student: string;
  readonly teacher: string;
}

function writeScale(
  c: LossContext,
  scale: readonly HeadMap[],
  classCount: number,
  boxWeight: number,
): readonly WrittenLoss[] {
  const { emit } = c;
  const hasClassMap = scale.some(({ dims }) => dims[1] === classCount);
  const pairs = scale.map(({ value }): Pair => {
    const map = c.value(value);
    const [batch, channels, ...spatial] = map.dims as readonly [number, number, ...number[]];
    const kind = kindOf(channels, classCount, hasClassMap);
    const anchors = kind === 'anchors' ? channels / (classCount + 5) : 1;
    const positions = spatial.reduce((product, size) => product * size, 1);
    const dims = [batch, anchors, channels / anchors, positions] as const;
    const teacher = emit.reshape(c.input(teacherInput(value), map.dims), dims);
    return { map, kind, dims, student: emit.reshape(map.name, dims), teacher };
  });
  const confidence = confidenceOf(emit, pairs);
  const found = emit.op('Max', [emit.reduceSum(confidence, [0, 1, 2, 3]), emit.scalar(1)]);
  const unit = emit.div(emit.scalar(1), found);
  const boxUnit = emit.scale(unit, boxWeight);
  return pairs.map((pair) => {
    const { map, kind, dims } = pair;
    if (kind !== 'anchors') {
      const part =
        kind === 'boxes' ? matchBoxes(emit, pair, confidence, boxUnit) : matchLogits(emit, pair, unit);
      return { value: part.value, gradients: new Map([[map.value, emit.reshape(part.gradient, map.dims)]]) };
    }
    const cut = (from: number, to: number): Pair => ({
      ...pair,
      dims: [dims[0], dims[1], to - from, dims[3]],
      student: emit.slice(pair.student, [2], [from], [to]),
      teacher: emit.slice(pair.teacher, [2], [from], [to]),
    });
    const boxes = matchBoxes(emit, cut(0, 4), confidence, boxUnit);
    const objects = matchLogits(emit, cut(4, 5), unit);
    const classes = matchLogits(emit, cut(5, dims[2]), unit, confidence);
    const gradient = emit.concat([boxes.gradient, objects.gradient, classes.gradient], 2);
    const value = emit.add(emit.add(boxes.value, objects.value), classes.value);
    return { value, gradients: new Map([[map.value, emit.reshape(gradient, map.dims)]]) };
  });
}

/** Beside a map of classes there are no anchors, although 64 numbers of a box may look like 8 anchors of 3 classes. */
function kindOf(channels: number, classCount: number, hasClassMap: boolean): MapKind {
  if (channels === classCount) return 'classes';
  if (channels === 1) return 'objectness';
  return !hasClassMap && channels % (classCount + 5) === 0 ? 'anchors' : 'boxes';
}

/** How sure the teacher is that something is there, [N, A, 1, H·W]: the product of what its maps of this scale say. */
function confidenceOf(emit: Emitter, pairs: readonly Pair[]): string {
  const parts = pairs.flatMap(({ kind, teacher }) => {
    if (kind === 'boxes') return [];
    const logits =
      kind === 'anchors' ? emit.slice(teacher, [2], [4], [5]) : emit.reduceMax(teacher, [2], true);
    return [emit.op('Sigmoid', [logits])];
  });
  if (parts.length > 0) return parts.reduce((product, part) => emit.mul(product, part));
  const [batch, , , positions] = pairs[0]!.dims;
  return emit.expand(emit.scalar(1), [batch, 1, 1, positions]);
}

interface Part {
  readonly value: string;
  readonly gradient: string;
}

/** Binary cross-entropy of the student's logits against the teacher's probabilities: softplus(s) − s·p; its slope is σ(s) − p. */
function matchLogits(emit: Emitter, { student, teacher }: Pair, unit: string, weights?: string): Part {
  const weigh = (value: string): string => (weights === undefined ? value : emit.mul(value, weights));
  const wanted = emit.op('Sigmoid', [teacher]);
  const entropy = emit.sub(emit.op('Softplus', [student]), emit.mul(student, wanted));
  const own = emit.sub(emit.op('Softplus', [teacher]), emit.mul(teacher, wanted));
  const distance = emit.reduceSum(weigh(emit.sub(entropy, own)), [0, 1, 2, 3]);
  const slope = weigh(emit.sub(emit.op('Sigmoid', [student]), wanted));
  return { value: emit.mul(distance, unit), gradient: emit.mul(slope, unit) };
}

/** Mean squared distance over the channels, weighted with the teacher's confidence. */
function matchBoxes(emit: Emitter, { student, teacher, dims }: Pair, confidence: string, unit: string): Part {
  const difference = emit.sub(student, teacher);
  const weighted = emit.mul(difference, confidence);
  const distance = emit.reduceSum(emit.mul(weighted, difference), [0, 1, 2, 3]);
  const share = emit.scale(unit, 1 / dims[2]);
  return { value: emit.mul(distance, share), gradient: emit.mul(weighted, emit.scale(share, 2)) };
}
