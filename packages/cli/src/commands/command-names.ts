// The commands by name, in the order in which help lists them.

/** The name of every command as it is typed. */
export const COMMAND_NAMES = [
  'inspect',
  'groups',
  'score',
  'prune',
  'sensitivity',
  'init',
  'run',
  'finetune',
  'train',
  'compare',
  'runs list',
  'runs show',
  'runs compare',
  'runs report',
  'runs rm',
  'verify',
  'recalibrate',
  'reconstruct',
  'eval',
  'bench',
  'devices list',
  'devices serve',
  'devices profile',
  'worker',
  'doctor',
  'config print',
  'config schema',
] as const;

/** A command as it is typed. */
export type CommandName = (typeof COMMAND_NAMES)[number];
