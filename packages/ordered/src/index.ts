export {
  CorruptData,
  InvalidArgument,
  KohakuVaultError,
  NotFound,
  type OrderedKey,
} from '@kohakuvault/core-native/internal';
export { CSBTree, type CSBTreeOptions } from './csb-tree.ts';
export type { KeyBound, KeyRange } from './key-range.ts';
export { SkipList, type SkipListHandle, type SkipListOptions } from './skip-list.ts';
export type { BlockingWaitOptions, WaitOptions } from './wait-options.ts';
