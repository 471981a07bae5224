/** One cell of a CSV file (RFC 4180). An empty text is quoted too: many readers skip a line that has nothing in it. */
export function csvCell(text: string): string {
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A number so that it reads back the same; `single` for one that came from a float of 32 bits. */
export function csvNumber(number: number | bigint, single: boolean): string {
  if (typeof number === 'bigint') return String(number);
  if (Number.isNaN(number)) return 'nan';
  if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf';
  if (Object.is(number, -0)) return '-0';
  return single ? shortestSingle(number) : String(number);
}

/** 0.1 and not 0.10000000149011612: the fewest digits that are the same float of 32 bits. */
function shortestSingle(number: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(number.toPrecision(digits));
    if (Math.fround(shorter) === number) return String(shorter);
  }
  return String(Number(number.toPrecision(9)));
}

/** JSON of what columns of documents and of vectors hold; bigints are written as the whole numbers they are. */
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
