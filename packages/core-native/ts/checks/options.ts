import { InvalidArgument } from '../errors/errors.ts';

/** The most characters of a text that a message shows. */
const SHOWN = 60;
const MANY_DIGITS = 10n ** BigInt(SHOWN);

/** Returns a value as messages show it: short, and with its type if the text alone is ambiguous. Never throws. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (typeof value === 'bigint') return describeBigInt(value);
  if (typeof value === 'symbol') return shortened(String(value));
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) return String(value);
  try {
    return describeObject(value);
  } catch {
    // A getter or a Proxy threw. Its error must not replace the one whose message this is for.
    return typeof value === 'function' ? 'a function' : 'an object';
  }
}

function describeObject(value: object): string {
  if (typeof value === 'function') {
    const name: unknown = value.name;
    return typeof name === 'string' && name !== '' ? `function ${shortened(name)}` : 'a function';
  }
  if (Array.isArray(value)) return `an array of ${Number(value.length)}`;
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `a ${shortened(name)}` : 'an object';
}

/** Describes a huge bigint by its length: its decimal digits would take seconds, its hexadecimal ones take no time. */
function describeBigInt(value: bigint): string {
  if (value < MANY_DIGITS && value > -MANY_DIGITS) return `${value}n`;
  return `a bigint of about ${Math.ceil(value.toString(16).length * Math.log10(16))} digits`;
}

function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}

/** How one option is checked: what a message says is expected, and whether a value is accepted. */
export interface OptionRule {
  expected: string;
  accepts(value: unknown): boolean;
}

/**
 * Checks an options object once, where the user passes it. It must be an object, each name must be known (a message
 * suggests the closest), and each value other than undefined must be accepted by its rule.
 */
export function checkOptions(owner: string, options: unknown, rules: Record<string, OptionRule>): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidArgument(`${owner} expects options to be an object, got ${describe(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) {
      const near = closest(name, Object.keys(rules));
      const hint = near === undefined ? `its options are ${Object.keys(rules).join(', ')}` : `did you mean ${near}?`;
      throw new InvalidArgument(`${owner} has no option ${name}; ${hint}`);
    }
    if (value !== undefined && !rule.accepts(value)) {
      throw new InvalidArgument(`${owner} expects ${name} to be ${rule.expected}, got ${describe(value)}`);
    }
  }
}

/** Returns the candidate that differs least from what was written; undefined if none is close enough. */
export function closest(written: string, candidates: readonly string[]): string | undefined {
  // No name here is so long, and the time to compare grows with the square of the length.
  if (written.length > 2 * SHOWN) return undefined;
  const ranked = candidates
    .map((name) => ({ name, distance: editDistance(written.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(written.length / 3)) ? best.name : undefined;
}

/** Counts the letters that differ, are missing, are too many, or are swapped with the next one. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let distance = Math.min(
        at(row - 1, column - 1) + (same ? 0 : 1),
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) distance = Math.min(distance, at(row - 2, column - 2) + 1);
      rows[row]?.push(distance);
    }
  }
  return at(a.length, b.length);
}

export const rules = {
  boolean: { expected: 'true or false', accepts: (value: unknown) => typeof value === 'boolean' },
  wholeNumber: (least: number, most: number = Number.MAX_SAFE_INTEGER): OptionRule => ({
    expected: `a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? ' on' : ` to ${most}`}`,
    accepts: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  }),
  oneOf: (...choices: string[]): OptionRule => ({
    expected: choices.map((choice) => `'${choice}'`).join(' or '),
    accepts: (value) => choices.includes(value as string),
  }),
} satisfies Record<string, OptionRule | ((...args: never[]) => OptionRule)>;
