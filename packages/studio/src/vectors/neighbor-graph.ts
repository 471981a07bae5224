import { seeded } from './principal-axes.ts';

/** Points of a few dimensions, one after another. */
export interface Cloud {
  readonly count: number;
  readonly dimensions: number;
  readonly values: Float32Array;
}

/** The nearest neighbors of each point that were found: `k` places of each, and -1 where there are fewer. */
export interface NeighborGraph {
  readonly k: number;
  readonly neighbors: Int32Array;
}

/** Points in one leaf of a tree. */
const LEAF = 24;
const TREES = 6;

/**
 * Finds near neighbors: trees divide the points by random directions, points of one leaf are candidates for each other,
 * and then so are the neighbors of neighbors. Yields how much is done, from 0 to 1.
 */
export function* neighborGraph(cloud: Cloud, k: number): Generator<number, NeighborGraph> {
  const { count } = cloud;
  const random = seeded(7);
  const graph = new Candidates(cloud, Math.min(k, Math.max(1, count - 1)));
  for (let tree = 0; tree < TREES; tree++) {
    const all = Int32Array.from({ length: count }, (_, nth) => nth);
    for (const leaf of leaves(cloud, all, random)) graph.offerAll(leaf);
    yield ((tree + 1) / TREES) * 0.6;
  }
  const rounds = 2;
  for (let round = 0; round < rounds; round++) {
    const before = graph.neighbors.slice();
    for (let point = 0; point < count; point++) {
      for (let nth = 0; nth < graph.k; nth++) {
        const near = before[point * graph.k + nth] as number;
        if (near < 0) break;
        for (let other = 0; other < graph.k; other++) {
          const far = before[near * graph.k + other] as number;
          if (far >= 0 && far !== point) graph.offer(point, far);
        }
      }
      if (point % 4_096 === 0) yield 0.6 + (0.4 * (round + point / count)) / rounds;
    }
  }
  return { k: graph.k, neighbors: graph.neighbors };
}

function* leaves(cloud: Cloud, points: Int32Array, random: () => number): Generator<Int32Array> {
  if (points.length <= LEAF) {
    yield points;
    return;
  }
  const { dimensions, values } = cloud;
  const one = points[Math.floor(random() * points.length)] as number;
  const other = points[Math.floor(random() * points.length)] as number;
  const direction = Float64Array.from({ length: dimensions }, (_, at) => {
    const difference = (values[one * dimensions + at] as number) - (values[other * dimensions + at] as number);
    // Two equal points give none.
    return difference + (random() - 0.5) * 1e-6;
  });
  const places = Float64Array.from(points, (point) => {
    let product = 0;
    for (let at = 0; at < dimensions; at++)
      product += (values[point * dimensions + at] as number) * (direction[at] as number);
    return product;
  });
  const middle = Float64Array.from(places).sort()[places.length >> 1] as number;
  const left = points.filter((_, nth) => (places[nth] as number) < middle);
  const right = points.filter((_, nth) => (places[nth] as number) >= middle);
  if (left.length === 0 || right.length === 0) {
    // All lie in one place: any halves will do.
    yield* leaves(cloud, points.slice(0, points.length >> 1), random);
    yield* leaves(cloud, points.slice(points.length >> 1), random);
    return;
  }
  yield* leaves(cloud, left, random);
  yield* leaves(cloud, right, random);
}

/** The nearest of the candidates that each point was offered. */
class Candidates {
  readonly k: number;
  readonly neighbors: Int32Array;
  readonly #distances: Float32Array;
  readonly #cloud: Cloud;

  constructor(cloud: Cloud, k: number) {
    this.#cloud = cloud;
    this.k = k;
    this.neighbors = new Int32Array(cloud.count * k).fill(-1);
    this.#distances = new Float32Array(cloud.count * k).fill(Number.POSITIVE_INFINITY);
  }

  offerAll(points: Int32Array): void {
    for (const one of points) for (const other of points) if (one !== other) this.offer(one, other);
  }

  /** Keeps a candidate if it is nearer than the farthest that is kept. */
  offer(point: number, candidate: number): void {
    const { k, neighbors } = this;
    const from = point * k;
    const worst = this.#distances[from + k - 1] as number;
    const distance = this.#distance(point, candidate, worst);
    if (distance >= worst) return;
    for (let nth = 0; nth < k; nth++) if (neighbors[from + nth] === candidate) return;
    let at = k - 1;
    for (; at > 0 && (this.#distances[from + at - 1] as number) > distance; at--) {
      this.#distances[from + at] = this.#distances[from + at - 1] as number;
      neighbors[from + at] = neighbors[from + at - 1] as number;
    }
    this.#distances[from + at] = distance;
    neighbors[from + at] = candidate;
  }

  #distance(one: number, other: number, enough: number): number {
    const { dimensions, values } = this.#cloud;
    let [sum, left, right] = [0, one * dimensions, other * dimensions];
    for (let at = 0; at < dimensions; at++, left++, right++) {
      sum += ((values[left] as number) - (values[right] as number)) ** 2;
      if (sum >= enough) return enough;
    }
    return sum;
  }
}
