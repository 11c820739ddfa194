// Colours, where the terminal wants them. NO_COLOR and FORCE_COLOR are the conventions of no-color.org and force-color.org.

/** Marks a piece of text; the identity where colours are off. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/** Leaves text as it is. */
export const plainPaint: Paint = { bold: same, dim: same, red: same, green: same, yellow: same };

/** ANSI colours. */
export const colourPaint: Paint = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  red: ansi(31, 39),
  green: ansi(32, 39),
  yellow: ansi(33, 39),
};

/** Colours on a terminal only; NO_COLOR switches them off, FORCE_COLOR on, whatever the stream is. */
export function choosePaint(
  isTty: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return plainPaint;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return colourPaint;
  return isTty && TERM !== 'dumb' ? colourPaint : plainPaint;
}

function same(text: string): string {
  return text;
}

function ansi(on: number, off: number): (text: string) => string {
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}
