/** Returns elements in row-major order as nested arrays. */
export function nestedArrays(elements: unknown[], shape: readonly number[]): unknown[] {
  let rows = elements;
  for (const size of shape.slice(1).reverse()) {
    const count = size === 0 ? 0 : rows.length / size;
    rows = Array.from({ length: count }, (_, row) => rows.slice(row * size, (row + 1) * size));
  }
  return rows;
}
