import type { VectorLike } from '@kohakuvault/vector/internal';
import { type ChunkSizes, chunksOf } from './chunks.ts';
import { type Embed, embedAll } from './embed.ts';

/** A chunk of a text that is not stored yet. */
export interface EmbeddedChunk {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly vector: VectorLike;
}

/** Splits texts into chunks, and has a model make a vector of each. An aborted signal ends the wait for it. */
export async function embeddedChunks(
  texts: readonly string[],
  sizes: ChunkSizes,
  embed: Embed,
  signal?: AbortSignal,
): Promise<EmbeddedChunk[][]> {
  const chunks = texts.map((text) =>
    chunksOf(text, sizes).map(({ start, end }) => ({ start, end, text: text.slice(start, end) })),
  );
  const vectors = await embedAll(
    embed,
    chunks.flatMap((all) => all.map(({ text }) => text)),
    signal,
  );
  let next = 0;
  return chunks.map((all) => all.map((chunk) => ({ ...chunk, vector: vectors[next++] as VectorLike })));
}

/** Returns the text that chunks cover, which begin in each other. */
export function joinedText(chunks: Iterable<{ readonly start: number; readonly text: string }>): string {
  let whole = '';
  for (const { start, text } of chunks) whole += text.slice(whole.length - start);
  return whole;
}
