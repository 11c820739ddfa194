// Numbers as people read them.

const SCALES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** `1.23 G`, `45.6 M`, `789`: three significant digits, decimal prefixes. */
export function formatCount(count: number): string {
  // 999.6 k would round to 1000 k, so the next prefix starts where three digits end.
  const scale = SCALES.find(([size]) => Math.abs(count) >= size * 0.9995);
  return scale === undefined ? String(Math.round(count)) : `${threeDigits(count / scale[0])} ${scale[1]}`;
}

/** `40,552,320`: every digit. */
export function formatWhole(count: number): string {
  return count.toLocaleString('en-US');
}

/** `12.3 MB`: three significant digits, decimal prefixes. */
export function formatBytes(bytes: number): string {
  const text = formatCount(bytes);
  return `${text}${text.includes(' ') ? '' : ' '}B`;
}

/** `61.2 %` of a fraction. */
export function formatPercent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** `12.3 ms`, `0.123 ms`: three significant digits. */
export function formatMs(ms: number): string {
  return `${threeDigits(ms)} ms`;
}

/** `12 ms`, `0.12 ms`: two significant digits and whole microseconds, all that an operator profile knows. */
export function formatRoughMs(ms: number): string {
  return `${roundDigits(ms, 2, 3)} ms`;
}

/** `12 s`, `3 min`, `1 h 20 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A metric: `0.8320`, `1.2e-5`, `-` where there was nothing to measure. */
export function formatScore(value: number | null | undefined): string {
  if (value === null || value === undefined) return '-';
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(4);
}

/** A difference of metrics: `0.0083`, `-0.0120`. */
export function formatDifference(difference: number): string {
  return difference.toFixed(4);
}

/** `1 layer`, `2 layers`. */
export function formatNumberOf(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** `1.72x`. */
export function formatFactor(factor: number): string {
  return `${factor.toFixed(2)}x`;
}

/** `1x3x224x224`; what is open stands as its symbol or `?`; `scalar` without dims. */
export function formatDims(dims: readonly (number | string | null)[]): string {
  return dims.length === 0 ? 'scalar' : dims.map((dim) => dim ?? '?').join('x');
}

function threeDigits(value: number): string {
  return roundDigits(value, 3, 6);
}

/** So many significant digits, but no more than so many decimals. */
function roundDigits(value: number, significant: number, decimals: number): string {
  if (value === 0) return '0';
  // Rounded first: 9.996 has four digits before it is 10.0.
  const digits = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(significant))))) + 1;
  return value.toFixed(Math.min(Math.max(significant - digits, 0), decimals));
}

/** What targets are measured in, in words. */
export const MEASURES = { macs: 'MACs', params: 'parameters', latency: 'milliseconds' } as const;
