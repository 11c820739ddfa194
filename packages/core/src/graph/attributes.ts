// Reading and replacing node attributes by name, with the defaults the ONNX specification states at the call site.
import type { Attribute, Graph, Node, Tensor } from '../onnx/model.ts';
import { type AttributeValues, makeAttribute } from './attribute-value.ts';

const decoder = new TextDecoder();

/** The attribute of that name, or undefined. */
export function findAttribute(node: Node, name: string): Attribute | undefined {
  return node.attributes.find((a) => a.name === name);
}

/** An integer attribute as a number (INT64 extremes lose precision, their sign stays). */
export function intAttribute(node: Node, name: string, fallback: number): number {
  const value = findAttribute(node, name)?.int;
  return value === undefined ? fallback : Number(value);
}

/** An integer list attribute, undefined when absent. */
export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  return findAttribute(node, name)?.ints?.map(Number);
}

/** A float attribute. */
export function floatAttribute(node: Node, name: string, fallback: number): number {
  return findAttribute(node, name)?.float ?? fallback;
}

/** A string attribute. */
export function stringAttribute(node: Node, name: string, fallback: string): string {
  const value = findAttribute(node, name)?.string;
  return value === undefined ? fallback : decoder.decode(value);
}

/** A tensor attribute, undefined when absent. */
export function tensorAttribute(node: Node, name: string): Tensor | undefined {
  return findAttribute(node, name)?.tensor;
}

/** All graphs held by a node's attributes (If branches, Loop and Scan bodies). */
export function subgraphsOf(node: Node): readonly Graph[] {
  return node.attributes.flatMap((a) => [...(a.graph ? [a.graph] : []), ...(a.graphs ?? [])]);
}

/** The node with one integer or integer-list attribute set; others stay. */
export function withAttribute(node: Node, name: string, value: number | readonly number[]): Node {
  return {
    ...node,
    attributes: [...withoutAttribute(node, name).attributes, makeAttribute(name, value)],
  };
}

/** The node without the attribute of that name. */
export function withoutAttribute(node: Node, name: string): Node {
  return { ...node, attributes: node.attributes.filter((a) => a.name !== name) };
}

/** A new node of the default domain. */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: AttributeValues = {},
): Node {
  return {
    opType,
    inputs,
    outputs,
    name: outputs[0] ?? opType,
    attributes: Object.entries(attributes).map(([name, value]) => makeAttribute(name, value)),
  };
}
