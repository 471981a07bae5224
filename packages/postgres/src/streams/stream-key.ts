import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Key, showKey } from '@kohakuvault/kvault/internal';
import { storedKey } from '../kvault/keys.ts';
import type { VaultContext } from '../kvault/vault-context.ts';

/** A key for streams: its bytes, and how messages show it. */
export interface StreamKey {
  readonly bytes: Buffer;
  readonly shown: string;
  /** As the caller gave it. */
  readonly given: Key;
}

/** A sublevel has made a stream key already, since its keys are others in the table. */
export function streamKey(key: Key | StreamKey): StreamKey {
  if (isStreamKey(key)) return key;
  return { bytes: storedKey(key), shown: showKey(key), given: key };
}

function isStreamKey(key: Key | StreamKey): key is StreamKey {
  return typeof key === 'object' && key !== null && 'shown' in key;
}

/** Refuses a stream that the encoding of the values has no use for. */
export function checkStream({ codec, table }: VaultContext, method: string, use: 'read' | 'write'): void {
  const { streams, encoding } = codec;
  if (streams === 'read and write' || (streams === 'read' && use === 'read')) return;
  throw new InvalidArgument(
    use === 'write'
      ? `${method} stores bytes as they come, but the values of ${table} are encoded as ${JSON.stringify(encoding)}; ` +
          "use set, or a vault with valueEncoding 'binary' and a name of its own"
      : `${method} gives bytes, but the values of ${table} are encoded as ${JSON.stringify(encoding)}; use get`,
  );
}
