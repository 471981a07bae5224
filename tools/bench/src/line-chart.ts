import { colorOf, frame, LogScale, legend, line, mark, type Scheme, text, WIDTH } from './svg.ts';
import { format, type Unit } from './units.ts';

/** Small charts beside each other: how each contender's cost grows. Both axes are logarithmic. */
export interface LineChart {
  title: string;
  panels: Panel[];
  series: string[];
}

export interface Panel {
  name: string;
  unit: Unit;
  lines: { series: number; points: [size: number, value: number][] }[];
}

const COLUMNS = 3;
const HEIGHT = 190;
const GAP = 20;

export function lineChart({ title, panels, series }: LineChart, scheme: Scheme): string {
  const used = new Set(panels.flatMap(({ lines }) => lines.map((each) => each.series)));
  const names = series.map((name, index): [number, string] => [index, name]).filter(([index]) => used.has(index));
  const key = legend(names, 12, 44, scheme);
  const top = 44 + key.height + 8;
  const width = (WIDTH - 24 - GAP * (COLUMNS - 1)) / COLUMNS;
  const height = top + Math.ceil(panels.length / COLUMNS) * (HEIGHT + GAP);
  return frame(scheme, height, title, [
    text(12, 22, title, scheme.text, 'start', ' font-size="14" font-weight="600"'),
    ...key.body,
    ...panels.flatMap((panel, index) => {
      const left = 12 + (index % COLUMNS) * (width + GAP);
      return panelOf(panel, left, top + Math.floor(index / COLUMNS) * (HEIGHT + GAP), width, scheme);
    }),
  ]);
}

function panelOf({ name, unit, lines }: Panel, left: number, top: number, width: number, scheme: Scheme): string[] {
  const sizes = [...new Set(lines.flatMap(({ points }) => points.map(([size]) => size)))].sort((a, b) => a - b);
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const [first = 1, last = 1] = [sizes[0], sizes.at(-1)];
  const x = new LogScale(first, Math.max(last, first * 1.01), left + 58, left + width - 12);
  // At least a decade, so that a cost that does not grow looks so.
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const widen = Math.max(1.3, Math.sqrt(10 / (most / least)));
  const y = new LogScale(least / widen, most * widen, top + HEIGHT - 26, top + 24);
  return [
    text(left + 4, top + 12, name, scheme.text, 'start', ' font-weight="600"'),
    ...y
      .ticks(unit === 'bytes')
      .flatMap((value) => [
        line(left + 54, y.at(value), left + width - 6, y.at(value), scheme.grid),
        text(left + 50, y.at(value) + 4, format(unit, value), scheme.muted, 'end', ' font-size="11"'),
      ]),
    ...sizes.map((size) =>
      text(x.at(size), top + HEIGHT - 8, sizeText(size), scheme.muted, 'middle', ' font-size="11"'),
    ),
    ...lines.flatMap(({ series, points }) => {
      const path = points.map(([size, value]) => `${x.at(size).toFixed(1)},${y.at(value).toFixed(1)}`).join(' ');
      const stroke = colorOf(series, scheme);
      return [
        `<polyline points="${path}" fill="none" stroke="${stroke}" stroke-width="2"/>`,
        ...points.map(([size, value]) =>
          mark(series, x.at(size), y.at(value), scheme, `${sizeText(size)}: ${format(unit, value)}`),
        ),
      ];
    }),
  ];
}

function sizeText(size: number): string {
  if (size >= 1e9) return `${size / 1e9} G`;
  if (size >= 1e6) return `${size / 1e6} M`;
  return size >= 1e3 ? `${size / 1e3} k` : String(size);
}
