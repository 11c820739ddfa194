// Shape arithmetic after a cut: the integer expressions behind dynamic reshapes are evaluated again with the new dims,
// at every traced size, and patched element by element where they come out wrong.
import type { Engine } from '../engine/engine.ts';
import { makeNode } from '../graph/attributes.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { Node, Tensor } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';
import { toNumbers } from '../trace/trace.ts';

/** Contents of shape values on the cut graph: one map per traced size. */
export type ShapeContents = readonly ReadonlyMap<string, readonly number[]>[];

/**
 * Evaluates the given shape values once the activations have the dims that `shapeOf(value, size)` tells. The engine runs only the
 * arithmetic, never the model.
 */
export async function evaluateShapes(
  traced: TracedModel,
  values: readonly string[],
  shapeOf: (value: string, size: number) => readonly number[],
  engine: Engine,
): Promise<ShapeContents> {
  if (values.length === 0) return traced.sizes.map(() => new Map());
  const readers = new Map<string, number>();
  const inner: Node[] = [];
  const leaves = new Set<string>();
  const visited = new Set<string>();
  const visit = (name: string): void => {
    if (name === '' || visited.has(name)) return;
    visited.add(name);
    const port = traced.wiring.producers.get(name);
    const node = port && traced.nodes[port.node]!;
    if (traced.kindOf(name) === 'constant' || !node) {
      leaves.add(name);
    } else if (operatorOf(node)?.readsShape && traced.kindOf(node.inputs[0]!) === 'activation') {
      readers.set(name, port.node);
    } else {
      for (const input of node.inputs) visit(input);
      if (!inner.includes(node)) inner.push(node);
    }
  };
  for (const name of values) visit(name);
  const feedsAt = traced.sizes.map((_, size) =>
    Object.fromEntries(
      [...readers].map(([name, index]): [string, NdArray] => {
        const node = traced.nodes[index]!;
        const dims = operatorOf(node)!.readsShape!({ node, shape: shapeOf(node.inputs[0]!, size) });
        const scalar = traced.shapeOf(name)!.length === 0;
        return [
          name,
          { type: 'int64', dims: scalar ? [] : [dims.length], data: BigInt64Array.from(dims, BigInt) },
        ];
      }),
    ),
  );
  const computed = values.filter((name) => !readers.has(name) && !leaves.has(name));
  const known = (size: number): Map<string, readonly number[]> =>
    new Map(Object.entries(feedsAt[size]!).map(([name, array]) => [name, toNumbers(array)]));
  if (computed.length === 0) return traced.sizes.map((_, size) => known(size));
  const constants = [...leaves].flatMap((name): Tensor[] => {
    const array = traced.constantOf(name);
    return array ? [makeTensor(name, array)] : [];
  });
  const session = await engine.load(
    {
      ...traced.model,
      graph: {
        nodes: inner,
        name: 'shapes',
        initializers: constants,
        sparseInitializers: [],
        inputs: [...readers.keys()].map((name) => ({
          name,
          elemType: 7,
          shape: traced.shapeOf(name)!.map((value) => ({ value })),
        })),
        outputs: computed.map((name) => ({ name })),
        valueInfos: [],
        metadata: [],
      },
      unknown: [],
    },
    { optimization: 'disabled' },
  );
  try {
    const contents: ReadonlyMap<string, readonly number[]>[] = [];
    for (const [size, feeds] of feedsAt.entries()) {
      const results = await session.run(feeds);
      const map = known(size);
      for (const [name, array] of Object.entries(results)) map.set(name, toNumbers(array));
      contents.push(map);
    }
    return contents;
  } finally {
    await session.close();
  }
}

/**
 * Nodes that turn a computed shape vector into the wanted one at every size: `value · scale ÷ divisor + offset`, element by element.
 * Undefined when no such factors fit all sizes.
 */
export function patchShape(
  value: string,
  output: string,
  now: readonly (readonly number[])[],
  wanted: readonly (readonly number[])[],
  constant: (values: readonly number[]) => string,
): readonly Node[] | undefined {
  const count = wanted[0]!.length;
  if (now.some((list) => list.length !== count)) return undefined;
  const scale = new Array<number>(count).fill(1);
  const divisor = new Array<number>(count).fill(1);
  const offset = new Array<number>(count).fill(0);
  for (let i = 0; i < count; i++) {
    const pairs = now.map((list, size) => [list[i]!, wanted[size]![i]!] as const);
    if (pairs.every(([a, b]) => a === b)) continue;
    const [[a0, b0]] = pairs as [readonly [number, number]];
    const shared = gcd(Math.abs(a0), Math.abs(b0)) || 1;
    if (a0 !== 0 && pairs.every(([a, b]) => a * b0 === b * a0)) {
      scale[i] = b0 / shared;
      divisor[i] = a0 / shared;
    } else if (pairs.every(([a, b]) => b - a === b0 - a0)) offset[i] = b0 - a0;
    else return undefined;
  }
  const nodes: Node[] = [];
  let current = value;
  const step = (opType: string, operand: readonly number[], neutral: number): void => {
    if (operand.every((v) => v === neutral)) return;
    const name = `${output}__${opType.toLowerCase()}`;
    nodes.push(makeNode(opType, [current, constant(operand)], [name]));
    current = name;
  };
  step('Mul', scale, 1);
  step('Div', divisor, 1);
  step('Add', offset, 0);
  const last = nodes.at(-1)!;
  return [...nodes.slice(0, -1), { ...last, outputs: [output] }];
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
