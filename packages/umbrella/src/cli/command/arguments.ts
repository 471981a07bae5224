import { parseArgs } from 'node:util';
import { closest } from '@kohakuvault/core-native/internal';
import { COMMON_OPTIONS, type OptionSpecs } from './command.ts';
import { UsageError } from './exit-code.ts';

export type OptionValue = string | boolean | readonly string[] | undefined;

export interface Parsed {
  readonly args: string[];
  readonly values: Record<string, OptionValue>;
}

/** Parses the words of a command. The error for a misspelt option suggests the closest one. */
export function parseWords(words: readonly string[], specs: OptionSpecs, command?: string): Parsed {
  const all: OptionSpecs = { ...COMMON_OPTIONS, ...specs };
  const config = Object.fromEntries(
    Object.entries(all).map(([name, { type, short }]) => [name, { type, ...(short ? { short } : {}) }]),
  );
  const { tokens } = parseArgs({
    args: [...words],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const args: string[] = [];
  const values: Parsed['values'] = Object.fromEntries(
    Object.entries(all).map(([name, { type }]) => [name, type === 'boolean' ? false : undefined]),
  );
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(all, token.name) ? all[token.name] : undefined;
    if (!spec) throw unknownOption(token.rawName, token.name, all, command);
    if (spec.type === 'boolean') {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`, command);
      values[token.name] = true;
    } else {
      if (token.value === undefined) {
        throw new UsageError(`${token.rawName} needs a value: ${token.rawName} <${spec.value ?? 'value'}>`, command);
      }
      const before = values[token.name];
      if (spec.repeats) values[token.name] = [...(Array.isArray(before) ? before : []), token.value];
      else if (before === undefined) values[token.name] = token.value;
      else throw new UsageError(`${token.rawName} is given twice: ${before} and ${token.value}`, command);
    }
  }
  return { args, values };
}

function unknownOption(written: string, name: string, all: OptionSpecs, command: string | undefined): UsageError {
  const near = written.startsWith('--') ? closest(name, Object.keys(all)) : undefined;
  return new UsageError(`unknown option ${written}${near ? `; did you mean --${near}?` : ''}`, command);
}

/** Returns the value of an option as a whole number. */
export function wholeNumber(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`--${name} is ${JSON.stringify(text)}; expected a whole number, at least ${least}`);
  }
  return number;
}

/** Returns the value of an option as one of several words. */
export function oneOf<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found) return found;
  const near = closest(text, choices);
  const hint = near ? `did you mean ${near}?` : `expected ${choices.join(', ')}`;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; ${hint}`);
}
