import type { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';

/** A value in a wrapper that chooses its encoding. It comes back without the wrapper. */
export type Wrapped<V> = MsgPack<V> | Json<V> | Cbor<V> | Pickle<V>;
