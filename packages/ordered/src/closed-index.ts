import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { OrderedIndex } from './ordered-index.ts';

/** The index of a closed tree: every access throws. */
export class ClosedIndex<K, V> implements OrderedIndex<K, V> {
  readonly size = 0;
  readonly version = 0;
  readonly givesCopies = false;

  find(): number {
    throw closed();
  }

  insert(): number {
    throw closed();
  }

  remove(): never {
    throw closed();
  }

  keyAt(): K {
    throw closed();
  }

  keptKeyAt(): K {
    throw closed();
  }

  valueAt(): V {
    throw closed();
  }

  setValueAt(): void {
    throw closed();
  }

  collect(): [K, V][] {
    throw closed();
  }

  page(): number {
    throw closed();
  }

  numberKeys(): Float64Array {
    throw closed();
  }

  count(): number {
    throw closed();
  }

  clear(): void {
    throw closed();
  }

  close(): void {}
}

function closed(): KohakuVaultError {
  return new KohakuVaultError('this map is closed; create a new one', { code: 'KV_CLOSED' });
}
