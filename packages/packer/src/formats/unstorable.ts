import { describe, isTagged } from '@kohakuvault/core-native/internal';
import { EncodeError } from '../errors/encode-error.ts';

const { types } = process.getBuiltinModule('node:util');

/** Throws for an object whose data cannot be read: it would come back empty. */
export function refuseUnstorable(value: object): void {
  if (!isUnstorable(value)) return;
  const hint = types.isPromise(value) ? 'await it first' : 'give its data as plain data';
  throw new EncodeError(`${describe(value)} cannot be stored; ${hint}`);
}

function isUnstorable(value: object): boolean {
  return (
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isSharedArrayBuffer(value) ||
    types.isSymbolObject(value) ||
    isTagged(value, 'WeakRef') ||
    // Objects of the platform that expose no data: URL, Intl, iterators and others.
    (Symbol.toStringTag in value && Object.keys(value).length === 0 && !isSupported(value))
  );
}

/** Whether it is a built-in object with a tag whose data is written. */
function isSupported(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isArrayBuffer(value) ||
    types.isBoxedPrimitive(value)
  );
}
