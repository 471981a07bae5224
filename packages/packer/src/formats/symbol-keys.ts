import { EncodeError } from '../errors/encode-error.ts';

const { getOwnPropertySymbols } = Object;
const { propertyIsEnumerable: isEnumerable } = Object.prototype;

/** The symbols of the language, such as `Symbol.toStringTag`: they tell how an object behaves, and are not data. */
const WELL_KNOWN: ReadonlySet<unknown> = new Set(
  Object.values(Object.getOwnPropertyDescriptors(Symbol)).map(({ value }) => value),
);

/** Throws for an object with an enumerable symbol key, which no encoding can hold. */
export function refuseSymbolKeys(object: object): void {
  // A call of its own for the rare rest, so that V8 inlines this part.
  const symbols = getOwnPropertySymbols(object);
  if (symbols.length !== 0) refuseEnumerable(object, symbols);
}

function refuseEnumerable(object: object, symbols: readonly symbol[]): void {
  const symbol = symbols.find((each) => !WELL_KNOWN.has(each) && isEnumerable.call(object, each));
  if (symbol === undefined) return;
  throw new EncodeError(
    `the property [${String(symbol)}] has a symbol as its key, which cannot be stored; ` +
      'use a string as the key, or make the property non-enumerable to leave it out',
  );
}
