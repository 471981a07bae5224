// better-queue with its store in SQLite, and BullMQ with its client of Redis, are installed on demand, into `queue-peers/`:
// the store has a native SQLite of its own, which no other process needs. README.md says how.
import { PeersOnDemand } from './peers-on-demand.ts';

const peers = new PeersOnDemand('queue-peers');

/** Returns a module of a peer; undefined if it is not installed. */
export function queuePeer<T>(name: string): T | undefined {
  return peers.version(name) === undefined ? undefined : peers.load<T>(name);
}
