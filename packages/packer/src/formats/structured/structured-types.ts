import { ELEMENT_TYPES } from '../../elements/element-types.ts';
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
} as const;

/** The error classes that are preserved, by their numbers. Every other error comes back as an Error. */
export const ERROR_CLASSES: readonly ErrorConstructor[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
];

interface ViewConstructor {
  new (buffer: ArrayBuffer): ArrayBufferView;
  readonly BYTES_PER_ELEMENT?: number;
}

// Float16Array does not exist in the oldest supported Node.
const { Float16Array } = globalThis as { Float16Array?: ViewConstructor };

/** The view classes by their numbers. Those of vectors have their element type codes (1 to 10). */
const VIEWS = new Map<number, { name: string; view: ViewConstructor | undefined }>([
  [0, { name: 'DataView', view: DataView }],
  ...ELEMENT_TYPES.map(({ code, array }) => [code, { name: array.name, view: array as ViewConstructor }] as const),
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
