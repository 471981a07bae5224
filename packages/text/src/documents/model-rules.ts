import { describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
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

/** A model as a vault keeps it. */
export interface StoredModel {
  readonly number: number;
  /** The name of the model; empty if it has none. */
  readonly model: string;
  readonly dimensions: number;
}

/** Refuses to search the vectors of a model with those of another. */
export function checkModel(
  owner: string,
  table: string,
  { model, dimensions }: { readonly model: string | undefined; readonly dimensions: number },
  stored: StoredModel,
): void {
  for (const [what, given, found] of [
    ['model', model, stored.model],
    ['dimensions', dimensions, stored.dimensions],
  ] as const) {
    if (given === undefined || given === found) continue;
    throw new InvalidArgument(
      `${owner}: ${what} is ${describe(given)}, but the vectors of ${table} were made with ${describe(found)}. Open it ` +
        'with that model, and call reembed to change it',
    );
  }
}

/** Refuses to go on if another program has changed the model. */
export function checkModelStays(table: string, known: StoredModel, ready: StoredModel | undefined): void {
  if (ready?.number === known.number) return;
  throw new InvalidArgument(
    `the vectors of ${table} are those of another model now: ${describe(ready?.model)}. Open the vault again with that model`,
  );
}
