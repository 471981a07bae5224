import { checkOptions, isTagged } from '@kohakuvault/core-native/internal';
import type { Embed } from './embed.ts';
import { MODEL_RULES, required } from './model-rules.ts';

export interface ReembedOptions {
  /** Returns the vectors of texts by the new model. */
  embed: Embed;
  dimensions: number;
  /** The name of the new model. */
  model?: string | undefined;
  /** Called after each step with the number of chunks that have vectors of the new model, and of all chunks. */
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
  /** Ends the work, also while the model works. A later call with the same model goes on. */
  signal?: AbortSignal | undefined;
}

export type CheckedReembed = ReembedOptions & { model: string };

export function checkReembed(options: ReembedOptions | undefined): CheckedReembed {
  checkOptions('reembed', options, {
    ...MODEL_RULES,
    onProgress: { expected: 'a function', accepts: (value) => typeof value === 'function' },
    signal: { expected: 'an AbortSignal', accepts: (value) => isTagged(value, 'AbortSignal') },
  });
  const { embed, dimensions } = required('reembed', options ?? {});
  return { ...options, embed, dimensions, model: options?.model ?? '' };
}
