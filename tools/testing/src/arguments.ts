/** Returns the whole number that an option of the command line has. Throws if its text is not one. */
export function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new Error(`--${name} is ${text}; expected a whole number`);
  }
  return number;
}
