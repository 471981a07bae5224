/** Returns the next items of an iteration. */
export async function next<T>(items: AsyncIterator<T>, count: number): Promise<T[]> {
  const found: T[] = [];
  while (found.length < count) {
    const { done, value } = await items.next();
    if (done) throw new Error(`the iteration ended after ${found.length} of ${count} items`);
    found.push(value);
  }
  return found;
}
