export { count, plural, printable } from '@kohakuvault/core-native/internal';

/** Breaks a text into lines, between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > Math.max(width, 20)) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, line];
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Returns a number of bytes for people: 12 B, 3.4 MiB. */
export function size(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  // 1023.96 KiB would be shown as 1024.0 KiB.
  if (unit > 0 && unit < UNITS.length - 1 && amount >= 1023.95) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${UNITS[unit]}`;
}
