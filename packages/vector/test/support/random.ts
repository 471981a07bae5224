import type { VectorType } from '@kohakuvault/vector';

/** Returns pseudo-random numbers from -1 to 1, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state ^ (state >>> 15)) / 2 ** 31;
  };
}

/** Returns a random vector of a type. */
export function randomVector(random: () => number, type: VectorType, dimensions: number): number[] {
  return Array.from({ length: dimensions }, () => {
    const value = random();
    if (type === 'bit') return value < 0 ? 0 : 1;
    return type === 'int8' ? Math.round(value * 127) : Math.fround(value);
  });
}

/** Returns vectors like those of texts on a few topics: groups of different sizes, with few important dimensions. */
export function topicalVectors(seed: number, count: number, dimensions: number): Float32Array[] {
  const random = randomNumbers(seed);
  const normal = () => random() + random() + random();
  const weight = (dimension: number) => (dimension + 1) ** -0.5;
  const topics = Array.from({ length: 60 }, () =>
    Float32Array.from({ length: dimensions }, (_, dimension) => normal() * weight(dimension)),
  );
  return Array.from({ length: count }, () => {
    const topic = topics[Math.floor(Math.abs(random()) ** 3 * topics.length)] as Float32Array;
    // A common offset: the embeddings of models lie in a cone.
    return topic.map((value, dimension) => value + normal() * 0.6 * weight(dimension) + 0.5 * weight(dimension));
  });
}
