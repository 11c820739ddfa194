// How `compare` decides, from its options and what the run was asked.
import {
  DECISION_MEASURES,
  type DecisionMeasure,
  type DecisionOptions,
  type DecisionWeights,
  EspalierError,
  suggestName,
} from '@espalier/core';
import type { Run } from '@espalier/node';
import type { CommandContext } from './command.ts';
import { parseShare } from './search-values.ts';

type Context = Pick<CommandContext<'compare'>, 'options' | 'sources'>;

/** How to decide, and how sure a drop must be. */
export interface DecisionSettings extends DecisionOptions {
  /** One-sided, in [0.5, 1). */
  readonly confidence: number;
}

const NOTHING: DecisionWeights = { accuracy: 0, latency: 0, size: 0, memory: 0 };

/** What counts where nobody says. */
const USUAL_WEIGHTS: DecisionWeights = { ...NOTHING, accuracy: 1, latency: 1 };

/**
 * Settles it. What may be lost, and how surely, is what was typed, else what the run was asked, else the option's value. Without accuracies they count for
 * nothing. Errors, kind usage: `compare.no-accuracy` where weights want them all the same, those of {@link parseWeights}, `options.bad-share`.
 */
export function settleDecision(
  { options, sources }: Context,
  run: Run | undefined,
  isJudged: boolean,
): DecisionSettings {
  const said = parseWeights(options.weights);
  if (!isJudged && said !== undefined && said.accuracy > 0) {
    throw new EspalierError({
      kind: 'usage',
      code: 'compare.no-accuracy',
      message: '--weights counts the accuracy, and nothing tells how accurate the models are.',
      hint: 'Give labelled data with --data, or leave accuracy out.',
    });
  }
  const isTyped = (name: 'maxDrop' | 'confidence'): boolean =>
    sources[name] === 'flag' || sources[name] === 'environment';
  const { maxDrop, confidence } = run?.record.settings ?? {};
  const allowed = isTyped('maxDrop') || typeof maxDrop !== 'string' ? options.maxDrop : maxDrop;
  const isKnown = run !== undefined || sources.maxDrop !== 'default';
  return {
    weights: said ?? (isJudged ? USUAL_WEIGHTS : { ...NOTHING, latency: 1 }),
    rule: options.pick ?? (isKnown ? 'fastest' : 'weighted'),
    maxDrop: parseShare('--max-drop', allowed),
    confidence: isTyped('confidence') || typeof confidence !== 'number' ? options.confidence : confidence,
  };
}

/**
 * Reads `accuracy=2,latency=1`; what is not named counts for nothing. Undefined where nothing is said. Errors, kind usage: `compare.unknown-weight`;
 * `compare.bad-weight` for what is no number of at least 0, a name that is there twice, and weights that are all 0.
 */
export function parseWeights(texts: readonly string[]): DecisionWeights | undefined {
  const parts = texts.flatMap((text) => text.split(',')).map((part) => part.trim());
  if (parts.length === 0) return undefined;
  const weights = new Map<DecisionMeasure, number>();
  for (const part of parts) {
    const [name = '', digits = '', ...rest] = part.split('=').map((word) => word.trim());
    const measure = DECISION_MEASURES.find((each) => each === name);
    if (measure === undefined) throw unknownWeight(name);
    const isNumber = /^(\d+\.?\d*|\.\d+)$/.test(digits) && rest.length === 0;
    if (!isNumber) throw badWeight(`--weights cannot be '${part}'.`);
    if (weights.has(measure)) throw badWeight(`--weights names ${measure} twice.`);
    weights.set(measure, Number(digits));
  }
  if ([...weights.values()].every((weight) => weight === 0)) {
    throw badWeight(`--weights '${parts.join(',')}' counts nothing.`);
  }
  return { ...NOTHING, ...Object.fromEntries(weights) };
}

function unknownWeight(name: string): EspalierError {
  const near = suggestName(name, DECISION_MEASURES);
  return new EspalierError({
    kind: 'usage',
    code: 'compare.unknown-weight',
    message: `--weights knows no '${name}'.`,
    hint: near === undefined ? `Name some of ${DECISION_MEASURES.join(', ')}.` : `Did you mean ${near}?`,
  });
}

function badWeight(message: string): EspalierError {
  const hint = 'Write names with numbers of at least 0, such as accuracy=2,latency=1.';
  return new EspalierError({ kind: 'usage', code: 'compare.bad-weight', message, hint });
}
