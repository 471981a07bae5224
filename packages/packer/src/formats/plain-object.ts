/** Whether an object is plain data: `{}`, or an object without a prototype. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  return isPlainPrototype(Object.getPrototypeOf(value));
}

/** Whether a prototype is null, or `Object.prototype` of this realm or of another one. */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}
