// The options of the commands that look for the best cut: `sensitivity` and `run`.
import { SEARCH_STRATEGIES, SENSITIVITY_MODES } from '@espalier/core/names';
import type { OptionRow } from './option-row.ts';

/** The commands that search. */
export const SEARCH_COMMANDS = ['sensitivity', 'run'] as const;

/** Their part of the options table. */
export const searchOptions = {
  target: {
    group: 'Target',
    type: 'text',
    value: 'macs=0.4',
    text: 'what is to be left of the original: macs=FRACTION or params=FRACTION',
    commands: ['run'],
  },
  maxDrop: {
    group: 'Target',
    type: 'text',
    value: '1%',
    default: '1%',
    text: 'most that the metric may lose in all: 1% or 0.01 is a point of accuracy',
    commands: ['run'],
  },
  maxClassDrop: {
    group: 'Target',
    type: 'text',
    value: '5%',
    text: 'most that any class may lose in all, of the share of it that is recognised (of its average precision, of detectors); classes of fewer than 20 samples are not judged',
    commands: ['run'],
  },
  confidence: {
    group: 'Target',
    type: 'number',
    value: 'LEVEL',
    default: 0.9,
    min: 0.5,
    below: 1,
    text: 'how sure it must be that a drop is within its budget; 0.5 takes the measured drop as it is',
    commands: ['run'],
  },
  stepShare: {
    group: 'Target',
    type: 'number',
    value: 'FRACTION',
    above: 0,
    max: 1,
    text: 'part of what is left of --max-drop that one cut may spend; without it 0.5, or 1 where there is one cut',
    commands: ['run'],
  },
  iterations: {
    group: 'Target',
    type: 'integer',
    value: 'N',
    default: 30,
    min: 1,
    text: 'most cuts',
    commands: ['run'],
  },
  strategy: {
    group: 'Search',
    type: 'choice',
    choices: SEARCH_STRATEGIES,
    default: 'iterative',
    text: 'cut what matters least by sensitivity, again and again; or many small global cuts; or one; or one with equal rates, or with those of --layer-rates',
    commands: ['run'],
  },
  layerRates: {
    group: 'Search',
    type: 'text',
    value: '[0]+[.4]*27',
    text: 'share that each group loses, groups of several layers first, or name=0.3,other*=0.5; takes the place of a target, and of a --strategy',
    commands: ['prune', 'run'],
  },
  preset: {
    group: 'Search',
    type: 'choice',
    choices: ['concat-iterative', 'fscl'],
    text: 'the settings of a paper: strategy, criterion and recovery where they are not given',
    commands: ['run'],
  },
  rates: {
    group: 'Search',
    type: 'list',
    value: 'FRACTION',
    text: 'share of its channels that a group loses in a probe; without it 0.25, 0.5 and 0.75',
    commands: SEARCH_COMMANDS,
  },
  probing: {
    group: 'Search',
    type: 'choice',
    choices: SENSITIVITY_MODES,
    default: 'fast',
    text: 'how probes are run: only the part behind the cut and only until their error is small, or whole models on every sample',
    commands: SEARCH_COMMANDS,
  },
  precision: {
    group: 'Search',
    type: 'text',
    value: '2%',
    default: '2%',
    text: 'a fast probe ends when its drop is known this well at 95 %; 0 looks at every sample',
    commands: SEARCH_COMMANDS,
  },
  probeLimit: {
    group: 'Search',
    type: 'integer',
    value: 'N',
    min: 20,
    text: 'at most N of the held-out samples for probes',
    commands: ['run'],
  },
  finalEpochs: {
    group: 'Recovery',
    type: 'number',
    value: 'N',
    default: 0,
    min: 0,
    text: 'epochs of training after the last cut; --recover says on what: labels, or with distil the original',
    commands: ['run'],
  },
} as const satisfies Readonly<Record<string, OptionRow>>;
