import { ELEMENT_TYPES, isInValues } from '../../elements/element-types.ts';
import { classOfView } from '../../elements/memory.ts';

/** The extension types of the structured encoding. docs/format.md describes their layouts. Never renumber one. */
export const Extension = {
  undefined: 1,
  reference: 2,
  bigint: 3,
  utf16: 4,
  date: 5,
  regExp: 6,
  map: 7,
  set: 8,
  error: 9,
  boxed: 10,
  arrayBuffer: 11,
  view: 12,
  sparseArray: 13,
  errorWithProperties: 14,
} as const;

/** The error classes that are preserved, by their numbers. Every other error comes back as an Error. */
const ERROR_CLASSES = [
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
  // The oldest supported Node does not have it.
  'SuppressedError',
] as const;

/** The properties that constructors of errors make not enumerable. They are stored like enumerable ones. */
export const HIDDEN_PROPERTIES: readonly string[] = ['errors', 'error', 'suppressed'];

/** Returns the number of an error's class; that of Error for a class that is not preserved. */
export function numberOfError(name: unknown): number {
  return Math.max(ERROR_CLASSES.indexOf(name as 'Error'), 0);
}

/** Makes an error of the class with this number. Returns undefined for an unknown number. */
export function errorOfNumber(number: unknown): Error | undefined {
  const name = typeof number === 'number' ? ERROR_CLASSES[number] : undefined;
  if (name === undefined) return undefined;
  if (name === 'AggregateError') return new AggregateError([]);
  return new ((globalThis as unknown as Record<string, ErrorConstructor | undefined>)[name] ?? Error)();
}

interface ViewConstructor {
  new (buffer: ArrayBuffer): ArrayBufferView;
  readonly BYTES_PER_ELEMENT?: number;
}

// Float16Array does not exist in the oldest supported Node.
const { Float16Array } = globalThis as { Float16Array?: ViewConstructor };

/** The view classes by their numbers. Those of vectors have their element type codes (1 to 10). */
const VIEWS = new Map<number, { name: string; view: ViewConstructor | undefined }>([
  [0, { name: 'DataView', view: DataView }],
  ...ELEMENT_TYPES.filter(isInValues).map(
    ({ code, array }) => [code, { name: array.name, view: array as ViewConstructor }] as const,
  ),
  [11, { name: 'Uint8ClampedArray', view: Uint8ClampedArray }],
  [12, { name: 'Float16Array', view: Float16Array }],
]);

const NUMBER_OF_NAME = new Map<unknown, number>();
for (const [number, { name }] of VIEWS) NUMBER_OF_NAME.set(name, number);

/** Returns the number of the built-in class of a view, which may be of a subclass. */
export function numberOfView(view: ArrayBufferView): number | undefined {
  return NUMBER_OF_NAME.get(classOfView(view));
}

/** Returns the view class of a number. */
export function viewOfNumber(number: number): { name: string; view: ViewConstructor | undefined } | undefined {
  return VIEWS.get(number);
}
