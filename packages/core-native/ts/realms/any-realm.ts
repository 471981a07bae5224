/**
 * What a value is, no matter which realm made it. Test runners run each file in a realm (a context of `node:vm`) with
 * classes of its own, while Node, the core and better-sqlite3 may belong to another one: `instanceof` is false there.
 */
const { types } = process.getBuiltinModule('node:util');

export const { isAnyArrayBuffer, isArrayBuffer, isUint8Array } = types;

/** Whether a value is an error of any class. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

/** Whether a value is an error of one of JavaScript's own classes, or of a class that has the same name. */
export function isErrorNamed(value: unknown, ...names: readonly string[]): value is Error {
  return isError(value) && names.includes(value.name);
}

/** Returns the message of what was thrown, which need not be an error. */
export function messageOf(thrown: unknown): string {
  return isError(thrown) ? thrown.message : String(thrown);
}

/** Whether an object has a class of this name: for classes of the platform, such as URL, which carry it as their tag. */
export function isTagged(value: unknown, name: string): value is object {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === `[object ${name}]`;
}
