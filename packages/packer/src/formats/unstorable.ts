import { describe } from '@kohakuvault/core-native/internal';
import { Refusal } from '../errors/codec-errors.ts';

const { types } = process.getBuiltinModule('node:util');

/** Refuses what keeps its data where nobody can read it: it would come back empty. */
export function refuseUnstorable(value: object): void {
  if (!isUnstorable(value)) return;
  const hint = types.isPromise(value) ? 'await it first' : 'give what it holds as plain data';
  throw new Refusal(`${describe(value)} cannot be stored: ${hint}`);
}

function isUnstorable(value: object): boolean {
  return (
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isSharedArrayBuffer(value) ||
    types.isSymbolObject(value) ||
    value instanceof WeakRef ||
    // What the platform made, and shows nothing of: URL, Intl, iterators, whatever else is to come.
    (Symbol.toStringTag in value && Object.keys(value).length === 0 && !isKept(value))
  );
}

/** Objects of the language that have a tag too, and whose data is written. */
function isKept(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isArrayBuffer(value) ||
    types.isBoxedPrimitive(value)
  );
}
