// A text: V8 looks up classes such as `\p{L}` when it parses a literal, even of a function that is never called.
const NAME = '^[\\p{L}_][\\p{L}\\p{N}_]*$';
let name: RegExp | undefined;

/** Whether a text can name a column or a field: letters, digits and _, and no digit first. */
export function isName(text: string): boolean {
  name ??= new RegExp(NAME, 'u');
  return name.test(text);
}
