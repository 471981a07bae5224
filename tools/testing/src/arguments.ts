/** Returns the whole number that an option of the command line has. Throws if its text is not one. */
export function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new Error(`--${name} is ${text}; expected a whole number`);
  }
  return number;
}

/** Returns the entry of a map that the command line names. Throws with all names if there is none. */
export function entryOf<T>(what: string, name: string, entries: ReadonlyMap<string, T>): T {
  const entry = entries.get(name);
  if (entry === undefined)
    throw new Error(`there is no ${what} ${name}; expected one of ${[...entries.keys()].join(', ')}`);
  return entry;
}
