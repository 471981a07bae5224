// Curves of columns that are too long to be looked at as a whole each time.
import { ColumnVault } from '@kohakuvault/columns';
import { expect, test } from 'vitest';
import { Random } from '../../../tools/testing/src/random.ts';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import type { Curve } from '../src/index.ts';
import { started } from './support/client.ts';

const LENGTH = 20_000_000;
const PEAK = 200;
const HIGHER = 250;

test('a curve of a long column has its peaks, and only points of the column, in every range and after changes', async () => {
  const seed = 11;
  const random = new Random(seed);
  const path = tempFile();
  using columns = new ColumnVault(path);
  const column = columns.createColumn('long', 'u8');
  const elements = Uint8Array.from({ length: LENGTH }, (_, at) => 100 + Math.round(50 * Math.sin(at / 700_000)));
  const peaks = [0, 1, 2_047, 2_048, 9_999_999, LENGTH - 1, ...Array.from({ length: 5 }, () => random.below(LENGTH))];
  for (const peak of peaks) elements[peak] = PEAK;
  column.extend(elements);
  const client = await started({ file: path });
  const curveOf = async (method: string, start: number, end: number) => {
    const curve = await client.get<Curve>('files/0/columns/curve', { name: 'long', points: 1_000, method, start, end });
    expect(curve, `seed ${seed}`).toMatchObject({ start, end, length: LENGTH, reduced: true });
    expect(curve.rows.length).toBeLessThanOrEqual(1_000);
    expect(curve.rows.length).toBeGreaterThan(400);
    expect(curve.rows).toEqual([...curve.rows].sort((a, b) => a - b));
    expect(curve.ys).toEqual(curve.rows.map((row) => elements[row]));
    expect(curve.rows.every((row) => row >= start && row < end)).toBe(true);
    return curve;
  };
  for (const [start, end] of [
    [0, LENGTH],
    [1, LENGTH - 1],
    [2_047, LENGTH - 3_000_001],
    [9_000_000, 11_500_000],
    [9_999_999, 10_001_000 + 2_048_000],
  ] as const) {
    const within = peaks.filter((peak) => peak >= start && peak < end).length;
    const { ys } = await curveOf('minmax', start, end);
    // Two peaks may be in one piece, of which the first is shown.
    const shown = ys.filter((y) => y === PEAK).length;
    expect(shown, `${start} to ${end}, seed ${seed}`).toBeGreaterThan(0);
    expect(shown).toBeLessThanOrEqual(within);
    expect((await curveOf('lttb', start, end)).ys).toContain(PEAK);
  }
  elements[5_000_001] = HIGHER;
  column.set(5_000_001, HIGHER);
  for (const method of ['minmax', 'lttb']) {
    const { rows, ys } = await curveOf(method, 0, LENGTH);
    expect(rows[ys.indexOf(HIGHER)]).toBe(5_000_001);
  }
});
