import { setImmediate as turn } from 'node:timers/promises';
import type { KVault } from '@kohakuvault/kvault';
import { pattern, same } from './support.ts';

/** The value that streams read. */
export const READ = pattern(2_500_000);
const READERS = 3;

/** How many streams show that they overlap. */
export const ENOUGH = 4;

/** Reads a key by streams of which some are always in the middle, until `isOver`. Calls `onRead` after each of them. */
export async function readOverlapping(
  vault: KVault,
  key: string,
  isOver: () => boolean,
  onRead: (count: number) => void,
): Promise<void> {
  let count = 0;
  const reader = async (lead: number) => {
    for (let turns = 0; turns < 10 * lead; turns++) await turn();
    while (!isOver()) {
      const chunks: Buffer[] = [];
      for await (const chunk of vault.createReadStream(key, { chunkSize: 50_000 })) {
        chunks.push(chunk as Buffer);
        await turn();
      }
      if (!same(Buffer.concat(chunks), READ)) throw new Error('a stream gave other bytes');
      onRead(++count);
    }
  };
  await Promise.all(Array.from({ length: READERS }, (_, lead) => reader(lead)));
}
