// Gives every cut constant its new contents: in place where all readers agree, as a renamed copy where they differ,
// and behind casts and dequantisation where the file stores it so (an fp16 weight stays an fp16 weight).

import { EspalierError } from '../errors.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import { groupBy } from '../group-by.ts';
import type { Selection } from '../labels/channel-use.ts';
import type { Node, Tensor } from '../onnx/model.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';
import { sameSelection, sliceArray } from './slice.ts';

/** One reader of a constant: the node and input, and what is left of the constant there. */
export interface ConstantReader {
  readonly node: number;
  readonly input: number;
  readonly value: string;
  readonly selection: Selection | undefined;
}

/** New initializers and constant nodes, and which name each reader reads now (`node:input` -> name). */
export interface CutConstants {
  readonly initializers: readonly Tensor[];
  readonly nodes: readonly Node[];
  /** Names of the original that the new ones take over. */
  readonly replaced: ReadonlySet<string>;
  readonly renamed: ReadonlyMap<string, string>;
}

/** Cuts constants for all their readers: `readers` must list every reader of every value it mentions. */
export function cutConstants(
  traced: TracedModel,
  readers: readonly ConstantReader[],
  unique: (base: string) => string,
): CutConstants {
  const initializers: Tensor[] = [];
  const nodes: Node[] = [];
  const replaced = new Set<string>();
  const renamed = new Map<string, string>();
  const byValue = groupBy(readers, (reader) => reader.value);

  const store = (value: string, selection: Selection, name: string): void => {
    const port = traced.wiring.producers.get(value);
    const node = port && traced.nodes[port.node]!;
    const pulled = node && operatorOf(node)?.pullBack?.(traced, node, selection);
    if (node && pulled) {
      const inputs = node.inputs.map((input, i) => {
        const part = pulled[i];
        if (input === '' || !part) return input;
        const copy = unique(`${name}__stored${i}`);
        store(input, part, copy);
        return copy;
      });
      nodes.push({ ...node, inputs, outputs: [name], name });
      return;
    }
    const array = traced.constantOf(value);
    if (!array) {
      throw new EspalierError({
        kind: 'model',
        code: 'surgery.unreadable-constant',
        message: `The constant '${value}' could not be read.`,
        hint: 'Run `espalier inspect` on the model to see what it is.',
      });
    }
    initializers.push(makeTensor(name, sliceArray(array, selection)));
  };

  for (const [value, mine] of byValue) {
    if (mine.every((reader) => reader.selection === undefined)) continue;
    const variants: { readonly selection: Selection; readonly name: string }[] = [];
    const untouched = mine.some((reader) => reader.selection === undefined);
    for (const { node, input, selection } of mine) {
      if (!selection) continue;
      let variant = variants.find((v) => sameSelection(v.selection, selection));
      if (!variant) {
        // A node with several outputs cannot give up one of its names.
        const port = traced.wiring.producers.get(value);
        const alone = !port || traced.nodes[port.node]!.outputs.length === 1;
        const takesOver = variants.length === 0 && !untouched && alone;
        variant = { selection, name: takesOver ? value : unique(`${value}__cut`) };
        if (takesOver) replaced.add(value);
        variants.push(variant);
        store(value, selection, variant.name);
      }
      renamed.set(`${node}:${input}`, variant.name);
    }
  }
  return { initializers, nodes, replaced, renamed };
}
