/** How many entries a store has before it is measured. */
export const FILLED = 2_000;
/** The entries of a call that takes many. */
export const MANY = 500;

/** A value as programs keep it: a record of some hundred bytes. */
export function recordOf(turn: number): object {
  return { id: turn, name: `name ${turn}`, tags: ['one', 'two', 'three'], text: 'some words '.repeat(20) };
}

export function keyOf(turn: number): string {
  return `key${turn % FILLED}`;
}

/** A vector that is the same for every contender. */
export function vectorOf(turn: number, dimensions: number): number[] {
  return Array.from({ length: dimensions }, (_, index) => Math.sin(turn * 7 + index * 3 + 1));
}
