/** Returns a cell of a CSV file (RFC 4180). Empty text is quoted too, because many readers skip empty lines. */
export function csvCell(text: string): string {
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Returns a number that reads back as the same number. `single` is for 32-bit floats. */
export function csvNumber(number: number | bigint, single: boolean): string {
  if (typeof number === 'bigint') return String(number);
  if (Number.isNaN(number)) return 'nan';
  if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf';
  if (Object.is(number, -0)) return '-0';
  return single ? shortestSingle(number) : String(number);
}

/** Returns the fewest digits that give the same 32-bit float: 0.1, not 0.10000000149011612. */
function shortestSingle(number: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(number.toPrecision(digits));
    if (Math.fround(shorter) === number) return String(shorter);
  }
  return String(Number(number.toPrecision(9)));
}

/** Returns the JSON of a document or a vector. Bigints become JSON integers. */
export function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, inner]) => `${JSON.stringify(name)}:${jsonText(inner)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
