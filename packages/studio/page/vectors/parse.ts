/** Reads a vector as a person pastes it: JSON, or numbers with spaces or commas between. */
export function parseVector(text: string, dimensions: number): number[] {
  const numbers = text
    .replace(/^[^[({]*[[({]|[\])}].*$/gs, '')
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
  const wrong = numbers.findIndex((each) => !Number.isFinite(each));
  if (wrong >= 0) throw new Error(`Element ${wrong} of the vector is not a number.`);
  if (numbers.length !== dimensions) {
    throw new Error(`The vector has ${numbers.length} numbers; this table expects ${dimensions}.`);
  }
  return numbers;
}

export function parseWhere(text: string): Record<string, unknown> {
  try {
    const where = JSON.parse(text) as unknown;
    if (typeof where === 'object' && where !== null) return where as Record<string, unknown>;
  } catch {}
  throw new Error('The condition is not a JSON object. An example: {"year": {"$gte": 1925}}');
}
