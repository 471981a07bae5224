import type { Cbor, EncodedInput, EncodedOutput, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';

/** A value in a wrapper that chooses its encoding. It comes back without the wrapper. */
export type Wrapped<V> = MsgPack<V> | Json<V> | Cbor<V> | Pickle<V>;

/**
 * What a vault stores. With auto-packing off, `A` is false, and it stores only bytes. `E` is its encoding: with one of
 * its own, a vault takes the values of that.
 */
export type Storable<V, A extends boolean, E = 'auto'> = A extends false
  ? ArrayBuffer | ArrayBufferView
  : EncodedInput<V, E> | (E extends 'auto' ? Wrapped<V> : never);

/** What a vault returns. With auto-packing off, `A` is false, and it returns only bytes. */
export type Stored<V, A extends boolean, E = 'auto'> = A extends false ? Buffer : EncodedOutput<V, E>;
