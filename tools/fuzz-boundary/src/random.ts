import { Random as Numbers } from '../../testing/src/random.ts';

/** Random numbers from a seed, and choices by them. */
export class Random extends Numbers {
  pick<T>(things: readonly T[]): T {
    return things[this.below(things.length)] as T;
  }
}
