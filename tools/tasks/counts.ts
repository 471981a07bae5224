/** How many of a step's checks passed and failed. */
export interface Counts {
  passed: number;
  failed: number;
}

function sum(output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
}

export function countCargo(output: string): Counts {
  return { passed: sum(output, /(\d+) passed;/g), failed: sum(output, /(\d+) failed;/g) };
}

export function countVitest(output: string): Counts {
  const totals = /^\s*Tests\s+(.*)$/m.exec(output)?.[1] ?? '';
  return { passed: sum(totals, /(\d+) passed/g), failed: sum(totals, /(\d+) failed/g) };
}

/** Counts the lines that begin with `ok` or `FAILED`. */
export function countLines(output: string): Counts {
  const lines = (pattern: RegExp) => output.match(pattern)?.length ?? 0;
  return { passed: lines(/^ok /gm), failed: lines(/^FAILED /gm) };
}
