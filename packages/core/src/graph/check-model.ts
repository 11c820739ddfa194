// Whether a model means something: every value is defined once and before all else can go wrong, nothing runs in a circle, sizes are
// sizes, and it uses only what espalier supports. Run it once after reading; everything downstream relies on it.
import { EspalierError } from '../errors.ts';
import type { Attribute, Graph, Model, Node, Tensor, ValueInfo } from '../onnx/model.ts';
import { sparseTensorName } from '../onnx/onnx-messages.ts';
import { checkTensor } from '../onnx/tensor.ts';
import { subgraphsOf } from './attributes.ts';
import { sortGraph } from './wiring.ts';

/** Oldest and newest version of the default operator set that ONNX Runtime 1.30 runs and espalier knows. */
export const OPSET_RANGE = { oldest: 7, newest: 26 } as const;

/** Sizes from here on are damage, not shapes: no runtime has such an axis. */
const DIM_LIMIT = 2 ** 31;

/**
 * Checks a model and returns nothing when it is sound. Nodes may be in any order (see `sortGraph`), a declared size of −1 counts as unknown.
 * Kind `model`; codes `model.no-opset`, `model.unsupported-opset`, `model.no-outputs`, `model.no-operator`,
 * `model.sparse-unsupported`, `model.duplicate-value`, `model.undefined-value`, `model.cyclic`, `model.bad-dims`, and those of
 * `checkTensor` for initializers and attributes.
 */
export function checkModel(model: Model): void {
  checkOpset(model);
  if (model.graph.outputs.length === 0) {
    throw problem('no-outputs', `graph '${model.graph.name ?? ''}' has no outputs`, EXPORT_AGAIN);
  }
  checkGraph(model.graph, () => false);
}

function checkOpset(model: Model): void {
  const { oldest, newest } = OPSET_RANGE;
  const opset = model.opsetImports.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx');
  if (opset?.version === undefined) {
    throw problem('no-opset', 'the model does not state the version of its operator set', EXPORT_AGAIN);
  }
  if (opset.version < oldest || opset.version > newest) {
    throw problem(
      'unsupported-opset',
      `the model uses operator set ${opset.version}, supported are ${oldest} to ${newest}`,
      `Export it with an operator set in this range, or convert it with onnx.version_converter.`,
    );
  }
}

/** `isOuter` tells whether the graphs around this one define a name, which a subgraph may read. */
function checkGraph(graph: Graph, isOuter: (name: string) => boolean): void {
  for (const sparse of graph.sparseInitializers) {
    throw sparseProblem(`initializer '${sparseTensorName(sparse)}'`);
  }
  for (const info of [...graph.inputs, ...graph.outputs, ...graph.valueInfos]) checkShape(info);
  for (const tensor of graph.initializers) checkTensor(tensor);
  const own = definitionsOf(graph);
  const isDefined = (name: string): boolean => own.has(name) || isOuter(name);
  for (const node of graph.nodes) checkNode(node, isDefined);
  for (const { name } of graph.outputs) {
    if (!isDefined(name)) throw undefinedValue(name, `output of graph '${graph.name ?? ''}'`);
  }
  sortGraph(graph);
}

function definitionsOf(graph: Graph): ReadonlySet<string> {
  const inputs = distinct(
    graph.inputs.map((info) => info.name),
    'graph inputs',
  );
  const initializers = distinct(
    graph.initializers.map((tensor) => tensor.name ?? ''),
    'initializers',
  );
  const defined = new Set([...inputs, ...initializers]);
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      if (defined.has(name)) throw duplicate(name, `again by ${describe(node)}`);
      if (name !== '') defined.add(name);
    }
  }
  return defined;
}

// An initializer may repeat the name of an input: it is that input's default.
function distinct(names: readonly string[], where: string): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw duplicate(name, `twice among the ${where}`);
    seen.add(name);
  }
  return seen;
}

function checkNode(node: Node, isDefined: (name: string) => boolean): void {
  if (node.opType === '') throw problem('no-operator', `${describe(node)} names no operator`, EXPORT_AGAIN);
  for (const name of node.inputs) {
    if (name !== '' && !isDefined(name)) throw undefinedValue(name, `input of ${describe(node)}`);
  }
  for (const attribute of node.attributes) {
    if (attribute.type === 'sparseTensor' || attribute.type === 'sparseTensors') {
      throw sparseProblem(`attribute '${attribute.name}' of ${describe(node)}`);
    }
    for (const tensor of tensorsOf(attribute)) checkTensor(tensor);
  }
  for (const graph of subgraphsOf(node)) checkGraph(graph, isDefined);
}

function tensorsOf({ tensor, tensors = [] }: Attribute): readonly Tensor[] {
  return tensor ? [tensor, ...tensors] : tensors;
}

function checkShape(info: ValueInfo): void {
  const sizes = (info.shape ?? []).flatMap((dim) => dim.value ?? []);
  const wrong = sizes.find((size) => size < -1 || size >= DIM_LIMIT);
  if (wrong === undefined) return;
  throw problem('bad-dims', `value '${info.name}' is declared with a size of ${wrong}`, EXPORT_AGAIN);
}

const EXPORT_AGAIN = 'The file is damaged or was written by a faulty tool: export the model again.';

function describe(node: Node): string {
  return `node '${node.name || node.outputs[0] || ''}' (${node.opType || 'no operator'})`;
}

function duplicate(name: string, where: string): EspalierError {
  return problem('duplicate-value', `value '${name}' is defined ${where}`, EXPORT_AGAIN);
}

function undefinedValue(name: string, reader: string): EspalierError {
  return problem('undefined-value', `value '${name}', ${reader}, is defined nowhere`, EXPORT_AGAIN);
}

function sparseProblem(what: string): EspalierError {
  return problem(
    'sparse-unsupported',
    `${what} is a sparse tensor, which espalier does not support`,
    'Export the model with dense weights.',
  );
}

function problem(code: string, message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'model', code: `model.${code}`, message, hint });
}
