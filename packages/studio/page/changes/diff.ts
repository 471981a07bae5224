export interface DiffLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
}

/** Longer texts are shown as all of the old and all of the new: the table below would get too large. */
const LONGEST = 1_000;

/** Compares two texts by lines: the longest common sequence stays, and the others are removed or added. */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = before.split('\n');
  const next = after.split('\n');
  if (old.length > LONGEST || next.length > LONGEST) return [...signed('-', old), ...signed('+', next)];
  // lengths[i][j]: how long the common sequence of old from i on and next from j on is.
  const width = next.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = next.length - 1; j >= 0; j--) {
      lengths[i * width + j] = old[i] === next[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length && j < next.length) {
    if (old[i] === next[j]) {
      lines.push({ sign: ' ', text: old[i] ?? '' });
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) lines.push({ sign: '-', text: old[i++] ?? '' });
    else lines.push({ sign: '+', text: next[j++] ?? '' });
  }
  return [...lines, ...signed('-', old.slice(i)), ...signed('+', next.slice(j))];
}

function signed(sign: '+' | '-', lines: readonly string[]): DiffLine[] {
  return lines.map((text) => ({ sign, text }));
}
