// Which samples a limit takes: always the same ones, spread over the whole set so that no class of an ordered set is lost.

/**
 * Chooses `limit` of `size` positions, ascending: the set is divided into `limit` equal slices and one position is taken from
 * each. Where in the slice follows the golden-ratio sequence: a fixed step would meet only one class of a set whose classes
 * alternate in step.
 */
export function spreadPositions(size: number, limit: number): readonly number[] {
  if (limit >= size) return Array.from({ length: size }, (_, position) => position);
  const golden = (Math.sqrt(5) - 1) / 2;
  return Array.from({ length: limit }, (_, slice) => {
    const from = Math.floor((slice * size) / limit);
    const to = Math.floor(((slice + 1) * size) / limit);
    return from + Math.floor((((slice + 1) * golden) % 1) * (to - from));
  });
}

/**
 * Chooses `limit` positions, ascending, so that every class keeps its share (largest remainders) and none is lost while `limit`
 * is at least the number of classes; within a class they are spread by `spreadPositions`.
 */
export function spreadByClass(classes: readonly number[], limit: number): readonly number[] {
  if (limit >= classes.length) return classes.map((_, position) => position);
  const members = new Map<number, number[]>();
  for (const [position, index] of classes.entries()) {
    const group = members.get(index);
    if (group) group.push(position);
    else members.set(index, [position]);
  }
  const groups = [...members.values()];
  const shares = groups.map((group) => (group.length * limit) / classes.length);
  const least = limit >= groups.length ? 1 : 0;
  const quotas = shares.map((share) => Math.max(least, Math.floor(share)));
  let spare = limit - quotas.reduce((sum, quota) => sum + quota, 0);
  while (spare !== 0) {
    const step = Math.sign(spare);
    const misfit = (group: number) => step * (shares[group]! - quotas[group]!);
    const open = [...groups.keys()].filter((group) => step > 0 || quotas[group]! > least);
    const group = open.reduce((best, candidate) => (misfit(candidate) > misfit(best) ? candidate : best));
    quotas[group]! += step;
    spare -= step;
  }
  return groups
    .flatMap((group, i) => spreadPositions(group.length, quotas[i]!).map((position) => group[position]!))
    .sort((a, b) => a - b);
}
