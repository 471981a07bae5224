import { Random as Numbers } from '../../crash/src/random.ts';

/** Random numbers that a seed decides, and choices by them. */
export class Random extends Numbers {
  pick<T>(things: readonly T[]): T {
    return things[this.below(things.length)] as T;
  }
}
