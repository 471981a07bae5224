/** Returns neighbors that are alike together, in their order: each run can be one call. */
export function runsOf<T>(items: readonly T[], likenessOf: (item: T) => unknown): T[][] {
  const runs: T[][] = [];
  let last: unknown;
  for (const item of items) {
    const likeness = likenessOf(item);
    const run = runs.at(-1);
    if (run && likeness === last) run.push(item);
    else runs.push([item]);
    last = likeness;
  }
  return runs;
}
