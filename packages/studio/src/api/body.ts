import { checkOptions, describe, InvalidArgument, type OptionRule, rules } from '@kohakuvault/core-native/internal';

/** The rules for what a request has in its body. */
export const bodyRules = {
  text: { expected: 'a string', accepts: (value: unknown) => typeof value === 'string' },
  texts: {
    expected: 'an array of strings',
    accepts: (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  },
  numbers: {
    expected: 'an array of numbers',
    accepts: (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'number'),
  },
  number: { expected: 'a number', accepts: (value: unknown) => typeof value === 'number' },
  object: {
    expected: 'an object',
    accepts: (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
  whole: rules.wholeNumber,
  oneOf: rules.oneOf,
} as const;

/** Checks the body of a request: every name must be known, every value accepted, and the needed ones there. */
export function checkBody<Body extends object>(
  what: string,
  body: unknown,
  known: Record<keyof Body & string, OptionRule>,
  needed: readonly (keyof Body & string)[],
): Body {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidArgument(`${what} expects a JSON object in the body, got ${describe(body)}`);
  }
  checkOptions(what, body, known);
  const missing = needed.find((name) => (body as Record<string, unknown>)[name] === undefined);
  if (missing !== undefined) throw new InvalidArgument(`${what}: ${missing} is missing from the body`);
  return body as Body;
}
