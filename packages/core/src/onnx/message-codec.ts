// Decoding and encoding protobuf messages by table: a MessageRule lists a message's fields, and plain objects come and go.
// Data are immutable, so an object that decoding made still stands for the bytes it came from; encoding copies those.
import { EspalierError } from '../errors.ts';
import {
  createWriter,
  joinChunks,
  Wire,
  type WireField,
  type WireType,
  type WireWriter,
  wireFields,
} from './wire.ts';

/** Plain data of one message, by property name. */
export type Fields = Readonly<Record<string, unknown>>;

/** How one kind of value is read and written. */
export interface ValueRule {
  readonly wire: WireType;
  /** The value in the payload [start, end), or undefined when JavaScript cannot hold it (see {@link FieldRule.lenient}). */
  read(bytes: Uint8Array, start: number, end: number): unknown;
  /** Writes what follows the tag. */
  write(writer: WireWriter, value: never): void;
}

/** How a list of scalars is read and written. Packed or not, its payloads joined are one block, which is the packed form. */
export interface BlockRule {
  /** Wire type of one element. */
  readonly wire: WireType;
  read(block: Uint8Array): unknown;
  /** Writes the whole field, tags included. */
  write(writer: WireWriter, number: number, values: never): void;
}

/** One field of a message. Exactly one of `value`, `block` and `message` says what it holds. */
export interface FieldRule {
  readonly number: number;
  readonly key: string;
  readonly value?: ValueRule;
  readonly block?: BlockRule;
  readonly message?: () => MessageRule;
  /** A list of values or messages, one field each. */
  readonly repeated?: boolean;
  /** What the property is where the file has no such field; without it the property is left out. Not written. */
  readonly absent?: unknown;
  /** A value that JavaScript cannot hold stays among the unknown fields instead of being an error. */
  readonly lenient?: boolean;
}

/** A protobuf message: its fields in ascending order of their numbers, and its form as plain data. */
export interface MessageRule {
  /** Its name in onnx.proto, for errors. */
  readonly name: string;
  readonly fields: readonly FieldRule[];
  /** Plain data from decoded fields, where the two differ. */
  readonly fromFields?: (fields: Fields) => Fields;
  /** Fields to encode from plain data: the inverse. */
  readonly toFields?: (value: Fields) => Fields;
}

/** Graphs nest in attributes; this is protobuf's own limit on nested messages. */
const MAX_DEPTH = 100;

/** A real model has thousands; without a limit a hostile file of empty messages would fill the memory. */
const MAX_MESSAGES = 2_000_000;

/**
 * Where a decoded object keeps the bytes it came from: not enumerable, so that spreading makes an object without them. (A WeakMap would do,
 * but collecting garbage around one of a million entries takes minutes.)
 */
const ORIGIN = Symbol('origin');

/** Position of each field of a rule by its number, found once per rule. */
const knownSlots = new WeakMap<MessageRule, ReadonlyMap<number, number>>();

function slotsOf(rule: MessageRule): ReadonlyMap<number, number> {
  let slots = knownSlots.get(rule);
  if (!slots) {
    slots = new Map(rule.fields.map((field, slot) => [field.number, slot]));
    knownSlots.set(rule, slots);
  }
  return slots;
}

/** The message encoded in `bytes` as plain data; byte fields are views. Unknown fields are kept under `unknown`. */
export function decodeMessage(rule: MessageRule, bytes: Uint8Array): Fields {
  let messages = 0;
  // Messages without content are all alike: one object each keeps a file of nothing but them small in memory.
  const empties = new Map<MessageRule, Fields>();
  return decode(rule, bytes, 0);

  function decode(rule: MessageRule, bytes: Uint8Array, depth: number): Fields {
    const empty = bytes.length === 0 ? empties.get(rule) : undefined;
    if (empty) return empty;
    if (depth > MAX_DEPTH) {
      throw broken('onnx.nesting-too-deep', `messages are nested more than ${MAX_DEPTH} deep (${rule.name})`);
    }
    if (++messages > MAX_MESSAGES) {
      throw broken('onnx.too-many-messages', `the file holds more than ${MAX_MESSAGES} messages`);
    }
    const { found, unknown } = readFields(rule, bytes, depth);
    const fields: Record<string, unknown> = {};
    for (const [slot, field] of rule.fields.entries()) {
      const content = found[slot] ?? field.absent;
      if (content !== undefined) fields[field.key] = content;
    }
    if (unknown.length > 0) fields.unknown = unknown;
    const result = rule.fromFields ? rule.fromFields(fields) : fields;
    Object.defineProperty(result, ORIGIN, { value: bytes });
    if (bytes.length === 0) empties.set(rule, result);
    return result;
  }

  /** Contents by the position of their field in the rule. */
  function readFields(
    rule: MessageRule,
    bytes: Uint8Array,
    depth: number,
  ): { readonly found: readonly unknown[]; readonly unknown: Uint8Array[] } {
    const slots = slotsOf(rule);
    const found = new Array<unknown>(rule.fields.length);
    const unknown: Uint8Array[] = [];
    const append = (slot: number, item: unknown): void => {
      const list = found[slot] as unknown[] | undefined;
      if (list) list.push(item);
      else found[slot] = [item];
    };
    for (const at of wireFields(bytes, rule.name)) {
      const slot = slots.get(at.number);
      const field = slot === undefined ? undefined : rule.fields[slot]!;
      if (slot === undefined || field === undefined) {
        unknown.push(bytes.subarray(at.tag, at.end));
        continue;
      }
      if (!acceptsWire(field, at.wire)) throw wrongWire(rule, field, at);
      if (field.block) {
        append(slot, bytes.subarray(at.start, at.end));
        continue;
      }
      const content = readContent(rule, field, bytes, at, depth);
      if (content === undefined) unknown.push(bytes.subarray(at.tag, at.end));
      else if (field.repeated) append(slot, content);
      else if (field.message && found[slot] !== undefined) throw duplicateField(rule, field);
      else found[slot] = content;
    }
    for (const [slot, { block }] of rule.fields.entries()) {
      if (block && found[slot] !== undefined) found[slot] = readBlock(block, found[slot] as Uint8Array[]);
    }
    return { found, unknown };
  }

  /** Undefined where a lenient field has a value that JavaScript cannot hold. */
  function readContent(
    rule: MessageRule,
    field: FieldRule,
    bytes: Uint8Array,
    at: WireField,
    depth: number,
  ): unknown {
    if (field.message) return decode(field.message(), bytes.subarray(at.start, at.end), depth + 1);
    const value = field.value!.read(bytes, at.start, at.end);
    if (value !== undefined || field.lenient) return value;
    throw broken('onnx.bad-value', `${field.key} of a ${rule.name} is no valid text or not an exact number`);
  }
}

/** The bytes that {@link decodeMessage} made the object from, or undefined for any other object. */
export function originOf(value: object): Uint8Array | undefined {
  return (value as { readonly [ORIGIN]?: Uint8Array })[ORIGIN];
}

/** Writes the message; an object that {@link decodeMessage} made is written as the very bytes it came from. */
export function encodeMessage(rule: MessageRule, value: object, writer: WireWriter): void {
  const origin = originOf(value);
  if (origin) {
    writer.bytes(origin);
    return;
  }
  const fields = rule.toFields ? rule.toFields(value as Fields) : (value as Fields);
  const unknown = [...((fields.unknown ?? []) as readonly Uint8Array[])]
    .map((bytes) => ({ bytes, number: wireFields(bytes, rule.name).next().value?.number ?? 0 }))
    .sort((a, b) => a.number - b.number);
  let next = 0;
  for (const field of rule.fields) {
    for (; next < unknown.length && unknown[next]!.number < field.number; next++)
      writer.bytes(unknown[next]!.bytes);
    const content = fields[field.key];
    if (content !== undefined && content !== field.absent) writeField(field, content, writer);
  }
  for (; next < unknown.length; next++) writer.bytes(unknown[next]!.bytes);
}

/** Writes one message field: tag, length, content. */
export function writeNested(writer: WireWriter, number: number, write: (inner: WireWriter) => void): void {
  const inner = createWriter();
  write(inner);
  writer.tag(number, Wire.bytes);
  writer.varint(inner.size);
  for (const chunk of inner.chunks()) writer.bytes(chunk);
}

function writeField(field: FieldRule, content: unknown, writer: WireWriter): void {
  if (field.block) {
    field.block.write(writer, field.number, content as never);
    return;
  }
  for (const item of field.repeated ? (content as readonly unknown[]) : [content]) {
    if (field.message) {
      const rule = field.message();
      writeNested(writer, field.number, (inner) => encodeMessage(rule, item as object, inner));
    } else {
      writer.tag(field.number, field.value!.wire);
      field.value!.write(writer, item as never);
    }
  }
}

function acceptsWire(field: FieldRule, wire: WireType): boolean {
  if (field.block) return wire === field.block.wire || wire === Wire.bytes;
  return wire === (field.value?.wire ?? Wire.bytes);
}

function readBlock(block: BlockRule, payloads: readonly unknown[]): unknown {
  const views = payloads as readonly Uint8Array[];
  return block.read(views.length === 1 ? views[0]! : joinChunks(views));
}

function duplicateField(rule: MessageRule, field: FieldRule): EspalierError {
  return broken(
    'onnx.duplicate-field',
    `a ${rule.name} has more than one ${field.key} (field ${field.number})`,
  );
}

function wrongWire(rule: MessageRule, field: FieldRule, found: WireField): EspalierError {
  return broken(
    'onnx.bad-wire-type',
    `${field.key} of a ${rule.name} is stored with wire type ${found.wire}`,
  );
}

function broken(code: string, message: string): EspalierError {
  return new EspalierError({ kind: 'model', code, message, hint: 'Copy or export the model again.' });
}
