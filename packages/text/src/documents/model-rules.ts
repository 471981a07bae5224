import { InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import type { Embed } from './embed.ts';

const MOST_DIMENSIONS = 8192;

/** The rules for what a model is. */
export const MODEL_RULES = {
  embed: {
    expected: 'a function that returns a vector for each text',
    accepts: (value: unknown) => typeof value === 'function',
  },
  dimensions: rules.wholeNumber(1, MOST_DIMENSIONS),
  model: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
};

/** Returns what a model must have. */
export function required(
  owner: string,
  { embed, dimensions }: { embed?: Embed | undefined; dimensions?: number | undefined },
): { embed: Embed; dimensions: number } {
  if (embed === undefined || dimensions === undefined) {
    throw new InvalidArgument(
      `${owner} expects { embed, dimensions }: a function that returns a vector for each text, and their length`,
    );
  }
  return { embed, dimensions };
}
