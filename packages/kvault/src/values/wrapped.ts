import type { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';

/** A value in a wrapper that chooses its encoding. It comes back without the wrapper. */
export type Wrapped<V> = MsgPack<V> | Json<V> | Cbor<V> | Pickle<V>;

/** What a vault stores. With auto-packing off, `A` is false, and it stores only bytes. */
export type Storable<V, A extends boolean> = A extends false ? ArrayBuffer | ArrayBufferView : V | Wrapped<V>;

/** What a vault returns. With auto-packing off, `A` is false, and it returns only bytes. */
export type Stored<V, A extends boolean> = A extends false ? Buffer : V;
