import { describe, isError } from '@kohakuvault/core-native/internal';
import { DecodeError } from '../errors/decode-error.ts';
import { EncodeError } from '../errors/encode-error.ts';
import { DEEPEST } from '../formats/byte-writer.ts';
import { encodeJson } from '../formats/json/json-writer.ts';
import { isPlainObject } from '../formats/plain-object.ts';
import type { ValueFormat } from '../values/value-format.ts';
import { textOf } from './text-format.ts';

/** JSON, as `JSON.stringify` writes it. Refuses what JSON would lose or change. */
export const jsonFormat: ValueFormat = {
  isBytes: false,
  makesObjects: true,
  streams: 'read',
  encode(value) {
    const seen = { negativeZero: false };
    checkJson(value, 0, seen);
    // JSON.stringify writes -0 as 0.
    if (seen.negativeZero) return encodeJson(value);
    const text: unknown = stringified(value);
    if (typeof text === 'string') return Buffer.from(text);
    throw new EncodeError(`it became ${describe(text)} while it was read`);
  },
  decode(bytes) {
    const text = textOf(bytes);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new DecodeError(`it is not JSON: ${isError(cause) ? cause.message : cause}`, { cause });
    }
  },
  check() {},
};

function stringified(value: unknown): unknown {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    // The only RangeError of a value that was checked.
    if (!(cause instanceof RangeError)) throw cause;
    throw new EncodeError('its JSON is longer than the longest string of this runtime', { cause });
  }
}

function checkJson(value: unknown, depth: number, seen: { negativeZero: boolean }): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (Object.is(value, -0)) seen.negativeZero = true;
      if (Number.isFinite(value)) return;
      throw new EncodeError(`${value} cannot be written as JSON; give null, or use another encoding`);
    case 'object':
      if (value === null) return;
      if (depth === DEEPEST) throw new EncodeError(`the value is nested more than ${DEEPEST} deep, or contains itself`);
      if (typeof (value as { toJSON?: unknown }).toJSON === 'function') break;
      if (Array.isArray(value)) {
        for (let index = 0; index < value.length; index++) checkMember(index, value[index], depth, seen);
        return;
      }
      if (!isPlainObject(value)) break;
      for (const key of Object.keys(value)) checkMember(key, value[key], depth, seen);
      return;
  }
  throw new EncodeError(
    `${describe(value)} cannot be written as JSON; give null, booleans, numbers, strings, arrays or plain objects`,
  );
}

function checkMember(step: string | number, value: unknown, depth: number, seen: { negativeZero: boolean }): void {
  try {
    checkJson(value, depth + 1, seen);
  } catch (error) {
    throw EncodeError.within(error, step);
  }
}
