// Which input sizes to trace: declared dims, the user's --input-shape, the model's metadata, documented defaults.
import { EspalierError } from '../errors.ts';
import type { InputSize } from '../graph/traced-model.ts';
import type { Dimension, Model, ValueInfo } from '../onnx/model.ts';

/** Defaults for dims that a model leaves open: batch 1, three channels, 128 spatial (small enough for super-resolution nets,
 * large enough for five halvings). */
const DEFAULTS = { batch: 1, channels: 3, spatial: 128 } as const;
/** The second size: batch + 1, spatial + 32 (a stride every common backbone divides). */
const STEP = { batch: 1, spatial: 32 } as const;

/** The first size to trace and, for dynamic models, other sizes to try as the second, best first. */
export interface SizeCandidates {
  readonly first: InputSize;
  readonly seconds: readonly InputSize[];
  readonly notes: readonly string[];
}

type Role = 'fixed' | 'batch' | 'channels' | 'spatial';

/**
 * Chooses input sizes. `overrides` are dims by input name; with one input the key '' serves as well.
 * Errors: `trace.unknown-input`, `trace.rank-mismatch`, `trace.dim-mismatch`, `trace.no-rank` (kind usage).
 */
export function chooseInputSizes(
  model: Model,
  inputs: readonly ValueInfo[],
  overrides: Readonly<Record<string, readonly number[]>> = {},
): SizeCandidates {
  checkOverrides(inputs, overrides);
  const metadataSize = readMetadataSize(model);
  const symbols = new Map<string, number>();
  const roles: Record<string, Role[]> = {};
  const first: Record<string, number[]> = {};
  const notes: string[] = [];
  for (const input of inputs) {
    const override = overrides[input.name] ?? (inputs.length === 1 ? overrides[''] : undefined);
    const declared: readonly Dimension[] | undefined = input.shape ?? override?.map(() => ({}));
    if (!declared) {
      throw new EspalierError({
        kind: 'usage',
        code: 'trace.no-rank',
        message: `The input '${input.name}' declares no shape.`,
        hint: `Give it with --input-shape ${input.name}:1x3x128x128.`,
      });
    }
    if (override && override.length !== declared.length) {
      throw new EspalierError({
        kind: 'usage',
        code: 'trace.rank-mismatch',
        message: `--input-shape gives '${input.name}' ${override.length} dims, the model declares ${declared.length}.`,
        hint: 'Give one size per dim, such as 1x3x128x128.',
      });
    }
    roles[input.name] = [];
    first[input.name] = declared.map((dim, axis) => {
      const fixed = dim.value !== undefined && dim.value > 0 ? dim.value : undefined;
      const wanted = override?.[axis];
      if (fixed !== undefined) {
        if (wanted !== undefined && wanted !== fixed) {
          throw new EspalierError({
            kind: 'usage',
            code: 'trace.dim-mismatch',
            message: `--input-shape asks for ${wanted} on axis ${axis} of '${input.name}', the model fixes it to ${fixed}.`,
            hint: 'Only dynamic dims can be chosen.',
          });
        }
        roles[input.name]!.push('fixed');
        return fixed;
      }
      const role: Role = axis === 0 ? 'batch' : axis === 1 && declared.length >= 3 ? 'channels' : 'spatial';
      roles[input.name]!.push(role);
      const known = wanted ?? (dim.param ? symbols.get(dim.param) : undefined);
      const size = known ?? (role === 'spatial' ? (metadataSize ?? DEFAULTS.spatial) : DEFAULTS[role]);
      if (dim.param) symbols.set(dim.param, size);
      if (known === undefined && role !== 'batch') {
        notes.push(
          `axis ${axis} of input '${input.name}' is dynamic; assumed ${size} (choose with --input-shape)`,
        );
      }
      return size;
    });
  }
  const vary = (which: ReadonlySet<Role>): InputSize =>
    Object.fromEntries(
      Object.entries(first).map(([name, dims]) => [
        name,
        dims.map((dim, axis) => {
          const role = roles[name]![axis]!;
          if (!which.has(role)) return dim;
          return dim + (role === 'batch' ? STEP.batch : STEP.spatial);
        }),
      ]),
    );
  const present = new Set(Object.values(roles).flat());
  const tries: Role[][] = [['batch', 'spatial'], ['batch'], ['spatial']];
  const seconds = tries
    .filter((which) => which.every((role) => present.has(role)))
    .map((which) => vary(new Set(which)));
  return { first, seconds, notes };
}

function checkOverrides(
  inputs: readonly ValueInfo[],
  overrides: Readonly<Record<string, readonly number[]>>,
): void {
  for (const name of Object.keys(overrides)) {
    if (inputs.some((input) => input.name === name) || (name === '' && inputs.length === 1)) continue;
    throw new EspalierError({
      kind: 'usage',
      code: 'trace.unknown-input',
      message: `--input-shape names '${name}', which is no input of the model.`,
      hint: `Its inputs are ${inputs.map((input) => `'${input.name}'`).join(', ')}.`,
    });
  }
}

/** Exporters of detectors record the training size as `imgsz` (`[640, 640]` or `640`). */
function readMetadataSize(model: Model): number | undefined {
  const entry = model.metadata.find((m) => m.key === 'imgsz');
  const digits = entry?.value?.match(/\d+/);
  return digits ? Number(digits[0]) : undefined;
}
