import { InvalidArgument, refusePromise } from '@kohakuvault/core-native/internal';
import { type FieldTypes, idsWhere, type VectorKVault, type VectorLike, type Where } from '@kohakuvault/vector';

/** What limits the two searches. */
export interface Limits<V> {
  readonly text: { readonly filter?: Iterable<bigint> | ((id: bigint, value: V) => boolean) };
  readonly vector: { readonly where?: Where<FieldTypes>; readonly filter?: (id: bigint, value: V) => boolean };
}

interface Limiting<V> {
  readonly embedding: VectorLike;
  readonly key?: ((value: V) => string) | undefined;
  readonly where?: object | ((value: V) => boolean) | undefined;
}

/** Returns what `where` means for each of the searches. The vectors have the fields; documents meet what theirs meet. */
export function limitsOf<V>(vector: VectorKVault<V>, { where, key, embedding }: Limiting<V>): Limits<V> {
  if (where === undefined) return { text: {}, vector: {} };
  if (typeof where === 'function') {
    const filter = (_: bigint, value: V) => refusePromise('where', (where as (value: V) => boolean)(value));
    return { text: { filter }, vector: { filter } };
  }
  const ids = vector[idsWhere]('hybridSearch', where as Where<FieldTypes>);
  if (!ids) return { text: {}, vector: {} };
  const ofVectors = { where: where as Where<FieldTypes> };
  if (!key) {
    if (typeof ids[0] !== 'string') return { text: { filter: ids }, vector: ofVectors };
    throw new InvalidArgument(
      'hybridSearch: the ids of the vectors are texts, and those of the documents are numbers; pair them by a key',
    );
  }
  // The keys are those of the values, so the values of all these vectors are read.
  const found = vector.search(embedding, { k: Math.max(1, ids.length), ...ofVectors });
  const keys = new Set(found.map(({ value }) => refusePromise('key', key(value))));
  const filter = (_: bigint, value: V) => keys.has(refusePromise('key', key(value)));
  return { text: { filter }, vector: ofVectors };
}
