// What a model file tells of its preprocessing. Most of it is not in the file: what had to be assumed is said, not hidden.
import type { ValueType } from '../engine/engine.ts';
import { EspalierError } from '../errors.ts';
import type { Preprocess } from './preprocess.ts';
import { formatPreprocess } from './preprocess-text.ts';

/** What a model is for, where the caller knows. */
export type ModelTask = 'classify' | 'detect' | 'segment' | 'other';

/** The facts a guess is made from. */
export interface PreprocessFacts {
  /** The input that is fed with images. */
  readonly input: ValueType;
  readonly outputs?: readonly ValueType[];
  /** Metadata of the model file, as exporters write it (`imgsz`, `stride`, `task`). */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly task?: ModelTask;
  /** Size and channels of the images at hand; their size stands in where the model leaves its own open. */
  readonly image?: { readonly width: number; readonly height: number; readonly channels: number };
}

/** A guess, with what it rests on. */
export interface PreprocessGuess {
  readonly preprocess: Preprocess;
  /** One sentence per decision, in the order they were made. */
  readonly reasons: readonly string[];
  /** Fields no fact speaks for: the user should confirm them. */
  readonly assumed: readonly (keyof Preprocess)[];
}

type Detector = 'anchors' | 'transposed' | 'grid';

/**
 * Guesses preprocessing from a model's input and outputs. Errors, kind `data`: `data.no-image-input` when the input is not an
 * image batch of four axes, `data.unknown-size` when neither model nor images tell the size.
 */
export function guessPreprocess(facts: PreprocessFacts): PreprocessGuess {
  const reasons: string[] = [];
  const assumed = new Set<keyof Preprocess>(['mean', 'std']);
  const { layout, count, width, height, fromImage } = readInput(facts, reasons);
  if (fromImage) assumed.add('width').add('height');
  const detector = recogniseDetector(facts, width, height);
  const detects = detector !== undefined || facts.task === 'detect' || facts.metadata?.task === 'detect';

  let scale = 1 / 255;
  let channels = channelsFor(count, facts.image?.channels, reasons);
  if (channels === 'rgb') assumed.add('channels');
  let resize: Preprocess['resize'] = 'stretch';
  if (detector === 'grid') {
    // YOLOX is the only common family that exports a raw grid, and it is fed BGR 0..255.
    reasons.push('The output has one row per grid cell, as YOLOX: BGR 0..255, padded right and below.');
    [resize, scale, channels] = ['letterbox-topleft', 1, channels === 'rgb' ? 'bgr' : channels];
    assumed.add('scale').add('channels').add('resize');
  } else if (detects) {
    resize = 'letterbox';
    if (detector) {
      reasons.push('The output is shaped as YOLO writes it: RGB/255 in a centred letterbox of grey 114.');
      for (const known of ['mean', 'std', 'channels'] as const) assumed.delete(known);
    } else {
      reasons.push('It is a detector of an unknown family: a centred letterbox and scale 1/255 are assumed.');
      assumed.add('resize').add('scale');
    }
  } else {
    // A size that was itself taken from the first image says nothing about the others.
    const fits = !fromImage && facts.image?.width === width && facts.image.height === height;
    if (fits) {
      resize = 'none';
      reasons.push(`The images have the input's size ${width}x${height}: nothing is resized.`);
    } else {
      if (facts.task === 'classify') resize = 'fit-crop';
      reasons.push(`Images of another size meet the input by resize=${resize}.`);
      assumed.add('resize');
    }
    assumed.add('scale');
    reasons.push(
      'The file does not tell how pixels are normalised: scale 1/255 without mean and std is assumed.',
    );
  }
  const preprocess: Preprocess = {
    width,
    height,
    resize,
    // Detectors are trained on plain bilinear images, classifiers mostly on antialiased ones.
    filter: detects ? 'bilinear' : 'antialias',
    padValue: 114,
    scale,
    mean: [0],
    std: [1],
    channels,
    layout,
  };
  return { preprocess, reasons, assumed: [...assumed] };
}

/** Prints a guess for people: the preprocessing in one line, why, and what to confirm. */
export function describeGuess(guess: PreprocessGuess): string {
  const lines = [
    `preprocessing: ${formatPreprocess(guess.preprocess)}`,
    ...guess.reasons.map((r) => `  ${r}`),
  ];
  if (guess.assumed.length > 0) lines.push(`  Assumed, please confirm: ${guess.assumed.join(', ')}.`);
  return lines.join('\n');
}

function readInput(
  { input, metadata, image }: PreprocessFacts,
  reasons: string[],
): {
  readonly layout: Preprocess['layout'];
  /** Channels, where the model states them. */
  readonly count: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly fromImage: boolean;
} {
  const { dims, name } = input;
  if (dims?.length !== 4) {
    throw new EspalierError({
      kind: 'data',
      code: 'data.no-image-input',
      message: `Input '${name}' has shape [${dims?.map((dim) => dim ?? '?').join(', ') ?? 'unknown'}], not that of an image batch.`,
      hint: 'Feed it arrays: an .npz file with inputs and labels.',
    });
  }
  const sizeOf = (axis: number) => (typeof dims[axis] === 'number' ? dims[axis] : undefined);
  const isChannels = (size: number | undefined) => size !== undefined && size <= 4;
  const layout = !isChannels(sizeOf(1)) && isChannels(sizeOf(3)) ? 'nhwc' : 'nchw';
  const [channelAxis, heightAxis] = layout === 'nchw' ? [1, 2] : [3, 1];
  reasons.push(`Input '${name}' [${dims.map((dim) => dim ?? '?').join(', ')}] is laid out ${layout}.`);

  const stated = [...(metadata?.imgsz ?? '').matchAll(/\d+/g)].map(Number);
  const height = sizeOf(heightAxis) ?? stated[0] ?? image?.height;
  const width = sizeOf(heightAxis + 1) ?? stated[1] ?? stated[0] ?? image?.width;
  if (width === undefined || height === undefined) {
    throw new EspalierError({
      kind: 'data',
      code: 'data.unknown-size',
      message: `Input '${name}' leaves its height and width open, and nothing else tells them.`,
      hint: 'State it: size=WIDTHxHEIGHT.',
    });
  }
  const isOpen = sizeOf(heightAxis) === undefined || sizeOf(heightAxis + 1) === undefined;
  const fromImage = isOpen && stated.length === 0;
  if (isOpen) {
    const source = fromImage ? 'the first image' : "the model's metadata (imgsz)";
    reasons.push(`Its open size is taken from ${source}: ${width}x${height}.`);
  }
  return { layout, count: sizeOf(channelAxis), width, height, fromImage };
}

function channelsFor(
  count: number | undefined,
  imageChannels: number | undefined,
  reasons: string[],
): Preprocess['channels'] {
  if (count === 1) return 'grey';
  if (count !== 3) return 'keep';
  if (imageChannels !== 1) return 'rgb';
  reasons.push('The images are grey and the model takes three channels: grey is repeated.');
  return 'grey-to-rgb';
}

/** Tells YOLO outputs by their row count, which follows from the input size at strides 8, 16 and 32. */
function recogniseDetector(facts: PreprocessFacts, width: number, height: number): Detector | undefined {
  const cells = [8, 16, 32].reduce((sum, s) => sum + Math.ceil(width / s) * Math.ceil(height / s), 0);
  for (const { dims } of facts.outputs ?? []) {
    if (dims?.length !== 3) continue;
    const [, rows, columns] = dims;
    if (rows === 3 * cells && typeof columns === 'number' && columns >= 6) return 'anchors';
    if (columns === cells && typeof rows === 'number' && rows >= 5) return 'transposed';
    if (rows === cells && typeof columns === 'number' && columns >= 6) return 'grid';
  }
  return undefined;
}
