// A text: V8 looks up a class such as `\p{Cc}` when it parses a literal, even of a function that is never called.
const CONTROL = '[\\p{Cc}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]';
let control: RegExp | undefined;

/** Returns a text that is safe to print: control characters, line breaks among them, become escapes. */
export function printable(text: string): string {
  control ??= new RegExp(CONTROL, 'gu');
  return text.replace(control, (character) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Returns a number with separators for thousands. */
export function count(number: number | bigint): string {
  return number.toLocaleString('en');
}

/** Returns a count with its noun: 1 key, 2 keys. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
