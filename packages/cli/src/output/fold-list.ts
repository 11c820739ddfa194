// Long lists in few words.

/** `a`, `a and b`, `a, b and c`; of more than `shown` items the first ones and how many there are besides: `a, b and 14 more`. */
export function foldList(items: readonly string[], shown: number): string {
  const rest = items.length - shown;
  // One name is as short as saying that there is one more.
  const parts = rest > 1 ? [...items.slice(0, shown), `${rest} more`] : items;
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** Runs of ascending whole numbers: `0-3,7`; of more than `shown` runs the first ones and `…`. */
export function foldNumbers(numbers: readonly number[], shown: number): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return foldParts(
    runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)),
    ',',
    shown,
  );
}

/** A sum in which equal neighbours are counted: `3x64+128`; of more than `shown` terms the first ones and `…`. */
export function foldSum(terms: readonly number[], shown: number): string {
  const runs: { readonly term: number; count: number }[] = [];
  for (const term of terms) {
    const run = runs.at(-1);
    if (run?.term === term) run.count++;
    else runs.push({ term, count: 1 });
  }
  return foldParts(
    runs.map(({ term, count }) => (count === 1 ? `${term}` : `${count}x${term}`)),
    '+',
    shown,
  );
}

function foldParts(parts: readonly string[], separator: string, shown: number): string {
  return parts.length > shown ? [...parts.slice(0, shown), '…'].join(separator) : parts.join(separator);
}
