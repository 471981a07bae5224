// What all charts share: the two color schemes, the marks of series, and the frame.

export interface Scheme {
  background: string;
  text: string;
  muted: string;
  grid: string;
  /** The line of equal speed. */
  axis: string;
  series: readonly string[];
}

/** Colors that people who cannot tell red from green can tell apart; the marks differ in shape too. */
export const SCHEMES: Record<'light' | 'dark', Scheme> = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    muted: '#59636e',
    grid: '#d8dee4',
    axis: '#59636e',
    series: [
      '#0969b8',
      '#c4500a',
      '#0b7a5b',
      '#a0407f',
      '#7a5f00',
      '#3f6f8f',
      '#5b4fc4',
      '#59636e',
      '#b02a37',
      '#1f2328',
    ],
  },
  dark: {
    background: '#0d1117',
    text: '#e6edf3',
    muted: '#9198a1',
    grid: '#2b323b',
    axis: '#9198a1',
    series: [
      '#58a6ff',
      '#ff9d5c',
      '#3ecf9b',
      '#ee8fcb',
      '#e6c34a',
      '#8fc7e8',
      '#a79bff',
      '#b1bac4',
      '#ff8b94',
      '#e6edf3',
    ],
  },
};

export const WIDTH = 880;

export function frame(scheme: Scheme, height: number, title: string, body: string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
      `role="img" font-family="system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="${scheme.background}"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

export function text(x: number, y: number, content: string, fill: string, anchor = 'start', more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" fill="${fill}" text-anchor="${anchor}"${more}>${escaped(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, more = ''): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map(round);
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${stroke}"${more}/>`;
}

/** A mark whose shape and color belong to one series. */
export function mark(series: number, x: number, y: number, scheme: Scheme, tip = ''): string {
  const color = colorOf(series, scheme);
  const path = SHAPES[series % SHAPES.length]?.map(([dx = 0, dy = 0]) => `${round(x + dx)},${round(y + dy)}`);
  const title = tip === '' ? '' : `<title>${escaped(tip)}</title>`;
  const outline = `fill="${color}" stroke="${scheme.background}" stroke-width="1"`;
  return path?.length
    ? `<polygon points="${path.join(' ')}" ${outline}>${title}</polygon>`
    : `<circle cx="${round(x)}" cy="${round(y)}" r="4.5" ${outline}>${title}</circle>`;
}

export function colorOf(series: number, { series: colors, text }: Scheme): string {
  return colors[series % colors.length] ?? text;
}

type Point = readonly [number, number];
/** Circle, square, triangle, diamond, the triangle the other way round. */
const SHAPES: Point[][] = [
  [],
  [
    [-4, -4],
    [4, -4],
    [4, 4],
    [-4, 4],
  ],
  [
    [0, -5.5],
    [5, 4],
    [-5, 4],
  ],
  [
    [0, -5.5],
    [5.5, 0],
    [0, 5.5],
    [-5.5, 0],
  ],
  [
    [0, 5.5],
    [5, -4],
    [-5, -4],
  ],
];

/** Returns the legend as marks with names, from `x` on, and the height of its lines. */
export function legend(names: [series: number, name: string][], x: number, y: number, scheme: Scheme) {
  const body: string[] = [];
  let [left, top] = [x, y];
  for (const [series, name] of names) {
    const width = 18 + name.length * 7 + 14;
    if (left + width > WIDTH - 10 && left > x) [left, top] = [x, top + 18];
    body.push(mark(series, left + 5, top - 4, scheme), text(left + 15, top, name, scheme.text));
    left += width;
  }
  return { body, height: top - y + 18 };
}

/** A logarithmic scale from values to places. */
export class LogScale {
  readonly low: number;
  readonly high: number;
  readonly #from: number;
  readonly #to: number;

  constructor(low: number, high: number, from: number, to: number) {
    this.low = low;
    this.high = high;
    this.#from = from;
    this.#to = to;
  }

  at(value: number): number {
    const within = Math.min(this.high, Math.max(this.low, value));
    const share = Math.log(within / this.low) / Math.log(this.high / this.low);
    return this.#from + share * (this.#to - this.#from);
  }

  /** Returns round values; in a short range also those between the powers of ten. Bytes are round in powers of two. */
  ticks(isBinary = false): number[] {
    if (isBinary) return this.#powersOfTwo();
    const decades = Math.log10(this.high / this.low);
    const steps = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
    const all: number[] = [];
    for (let power = Math.floor(Math.log10(this.low)); power <= Math.ceil(Math.log10(this.high)); power++) {
      for (const step of steps) all.push(Number((step * 10 ** power).toPrecision(1)));
    }
    return all.filter((value) => value >= this.low * 0.999 && value <= this.high * 1.001);
  }

  #powersOfTwo(): number[] {
    const first = Math.ceil(Math.log2(this.low));
    const count = Math.floor(Math.log2(this.high)) - first + 1;
    const powers = Array.from({ length: Math.max(0, count) }, (_, index) => 2 ** (first + index));
    return powers.filter((_, index) => index % Math.ceil(count / 6) === 0);
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
