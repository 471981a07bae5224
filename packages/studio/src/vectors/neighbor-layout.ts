import type { NeighborGraph } from './neighbor-graph.ts';
import { seeded } from './principal-axes.ts';

/** Points that are pushed away for each that is pulled near. */
const PUSHED = 3;
/** The curve of attraction over distance: near points stay apart a little. */
const CURVE = { a: 1.577, b: 0.895 };
/** A step never moves a point farther. */
const LONGEST = 4;

/**
 * Moves points in two dimensions so that neighbors come near each other, and others apart: each round pulls along every
 * edge of the graph, and pushes points that are chosen by chance. Yields after each round how many are done.
 */
export function* neighborLayout(
  { k, neighbors }: NeighborGraph,
  places: Float32Array,
  rounds: number,
): Generator<number> {
  const count = places.length / 2;
  const random = seeded(11);
  for (let round = 0; round < rounds; round++) {
    const strength = 1 - round / rounds;
    for (let point = 0; point < count; point++) {
      for (let nth = 0; nth < k; nth++) {
        const other = neighbors[point * k + nth] as number;
        if (other < 0) break;
        pull(places, point * 2, other * 2, strength);
        for (let push = 0; push < PUSHED; push++) {
          const far = Math.floor(random() * count);
          if (far !== point) pushAway(places, point * 2, far * 2, strength);
        }
      }
    }
    yield round + 1;
  }
}

function pull(places: Float32Array, one: number, other: number, strength: number): void {
  const [x, y] = difference(places, one, other);
  const square = x * x + y * y;
  if (square === 0) return;
  const factor = (-2 * CURVE.a * CURVE.b * square ** (CURVE.b - 1)) / (1 + CURVE.a * square ** CURVE.b);
  const [stepX, stepY] = [clipped(factor * x) * strength, clipped(factor * y) * strength];
  places[one] = (places[one] as number) + stepX;
  places[one + 1] = (places[one + 1] as number) + stepY;
  places[other] = (places[other] as number) - stepX;
  places[other + 1] = (places[other + 1] as number) - stepY;
}

function pushAway(places: Float32Array, one: number, other: number, strength: number): void {
  const [x, y] = difference(places, one, other);
  const square = x * x + y * y;
  const factor = (2 * CURVE.b) / ((0.001 + square) * (1 + CURVE.a * square ** CURVE.b));
  places[one] = (places[one] as number) + clipped(factor * x) * strength;
  places[one + 1] = (places[one + 1] as number) + clipped(factor * y) * strength;
}

function difference(places: Float32Array, one: number, other: number): [number, number] {
  return [
    (places[one] as number) - (places[other] as number),
    (places[one + 1] as number) - (places[other + 1] as number),
  ];
}

function clipped(step: number): number {
  return Math.max(-LONGEST, Math.min(LONGEST, step));
}
