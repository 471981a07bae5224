import { ELEMENT_TYPES } from '../../elements/element-types.ts';
import { classOfView } from '../../elements/memory.ts';

/** The extension types of the structured encoding; docs/format.md gives the layout of each. Never renumber one. */
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

/** The errors whose class is kept, by the number that stands for it; every other error comes back as an Error. */
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

// Newer than the oldest Node we run on.
const { Float16Array } = globalThis as { Float16Array?: ViewConstructor };

/** The views by their number: those of vectors keep theirs (1 to 10). */
const VIEWS = new Map<number, { name: string; view: ViewConstructor | undefined }>([
  [0, { name: 'DataView', view: DataView }],
  ...ELEMENT_TYPES.map(({ code, array }) => [code, { name: array.name, view: array as ViewConstructor }] as const),
  [11, { name: 'Uint8ClampedArray', view: Uint8ClampedArray }],
  [12, { name: 'Float16Array', view: Float16Array }],
]);

const NUMBER_OF_NAME = new Map<unknown, number>();
for (const [number, { name }] of VIEWS) NUMBER_OF_NAME.set(name, number);

/** The number of a view's class, or of the one of JavaScript's own that it extends. */
export function numberOfView(view: ArrayBufferView): number | undefined {
  return NUMBER_OF_NAME.get(classOfView(view));
}

export function viewOfNumber(number: number): { name: string; view: ViewConstructor | undefined } | undefined {
  return VIEWS.get(number);
}
