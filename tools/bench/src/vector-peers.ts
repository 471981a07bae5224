// hnswlib-node is compiled at the install, and LanceDB has 200 MB.
import { PeersOnDemand } from './peers-on-demand.ts';

const peers = new PeersOnDemand('vector-peers');

/** Returns a module of a peer. Throws as `require` does if it is not installed. */
export function vectorPeer<T>(name: string): T {
  return peers.load(name);
}

/** Returns the version of a peer. Undefined if it is not installed. */
export function vectorPeerVersion(name: string): string | undefined {
  return peers.version(name);
}

/** Returns the versions of all of them. */
export function vectorPeerVersions(): Record<string, string> {
  return peers.versions();
}
