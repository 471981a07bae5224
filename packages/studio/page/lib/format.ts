// Numbers and times as the person's own locale and zone write them.
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 6 });
const exponent = new Intl.NumberFormat(undefined, { notation: 'scientific', maximumSignificantDigits: 5 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export function count(value: number | bigint): string {
  return whole.format(value);
}

export function shortCount(value: number): string {
  return Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);
}

export function plural(noun: string, value: number): string {
  if (value === 1) return noun;
  if (/[^aeou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return noun.endsWith('x') || noun.endsWith('ch') ? `${noun}es` : `${noun}s`;
}

/** `1 key`, `2 keys`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${plural(noun, value)}`;
}

/** A measured number, in six digits. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e12) ? exponent.format(value) : plain.format(value);
}

export function share(value: number): string {
  return percent.format(value);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 1_000 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 100 ? 0 : 1;
  return `${size.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

export function time(value: number | string | Date): string {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : moment.format(date);
}

export function longTime(value: number | string | Date): string {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : zoned.format(date);
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** How long ago, in words. */
export function since(from: number, now: number): string {
  const seconds = Math.round((from - now) / 1_000);
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  return ago.format(Math.round(seconds / size), unit);
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${number(Math.round(milliseconds * 10) / 10)} ms`;
  return `${(milliseconds / 1_000).toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;
}
