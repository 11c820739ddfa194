// The layouts that detections are read from, by name, and the guess which one a model's outputs have.
import { EspalierError } from '../../errors.ts';
import { suggestName } from '../../suggest-name.ts';
import type { DetectionLayout, LayoutFacts, OutputShape } from './layout.ts';
import { yolov5 } from './yolov5.ts';
import { yolov7 } from './yolov7.ts';
import { yolov8 } from './yolov8.ts';
import { yolox } from './yolox.ts';

/** Every layout by the names of the models that have it; a further layout is a further line. */
export const DETECTION_LAYOUTS: Readonly<Record<string, DetectionLayout>> = {
  yolov5,
  yolov7,
  yolov8,
  yolo11: yolov8,
  yolox,
};

/** A guess, with the sentence that explains it. */
export interface LayoutGuess {
  /** Absent when no layout fits or more than one does. */
  readonly layout?: DetectionLayout;
  readonly reason: string;
}

/** The layout of that name; `metrics.unknown-layout`, kind `usage`, lists the names there are. */
export function findLayout(name: string): DetectionLayout {
  const names = Object.keys(DETECTION_LAYOUTS);
  if (Object.hasOwn(DETECTION_LAYOUTS, name)) return DETECTION_LAYOUTS[name]!;
  const near = suggestName(name, names);
  throw new EspalierError({
    kind: 'usage',
    code: 'metrics.unknown-layout',
    message: `There is no detection layout '${name}'.`,
    hint: `${near ? `Did you mean '${near}'? ` : ''}Layouts: ${names.join(', ')}.`,
  });
}

/** Picks the layout that a model's outputs have, if only one fits. */
export function guessLayout(outputs: readonly OutputShape[], facts: LayoutFacts = {}): LayoutGuess {
  const fitting = [...new Set(Object.values(DETECTION_LAYOUTS))].flatMap((layout) => {
    const because = layout.matches(outputs, facts);
    return because === undefined ? [] : [{ layout, because: `${layout.name}: ${because}` }];
  });
  const [only] = fitting;
  if (!only) return { reason: 'No known detection layout has outputs of these shapes.' };
  if (fitting.length === 1) return { layout: only.layout, reason: `Layout ${only.because}.` };
  return { reason: `More than one layout fits (${fitting.map(({ because }) => because).join('; ')}).` };
}
