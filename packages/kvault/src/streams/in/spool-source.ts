import type { StreamContext } from '../stream-context.ts';
import { readSource, type SourceOptions } from './read-source.ts';
import type { Chunks } from './sources.ts';
import { Spool } from './spool.ts';

export interface SpoolOptions extends SourceOptions {
  readonly onProgress: ((done: number, total?: number) => void) | undefined;
}

/**
 * Writes all chunks of a source into a spool file. If that fails, or more bytes come than expected, it removes the
 * file.
 */
export async function spoolSource(context: StreamContext, chunks: Chunks, options: SpoolOptions): Promise<Spool> {
  const { size, onProgress } = options;
  const spool = new Spool(context.connection);
  try {
    await readSource(chunks, options, async (bytes) => {
      await spool.append(bytes);
      onProgress?.(spool.size, size);
    });
    return spool;
  } catch (error) {
    await spool.close();
    throw error;
  }
}
