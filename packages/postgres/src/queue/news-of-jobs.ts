import { channelOf } from '../changes/change-tables.ts';
import type { Catalog } from '../schema/catalog.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

/** By which workers of a queue are told of jobs. */
export function newsOfJobs(catalog: Catalog, queue: string): readonly [channel: string, topic: string] {
  // A topic has less than 8,000 bytes, and the name of a queue may have more.
  return [channelOf(catalog), `jobs ${createHash('sha256').update(queue).digest('hex').slice(0, 32)}`];
}
