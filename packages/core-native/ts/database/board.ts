/** The numbers that the core writes when SQLite reports something, read here without a call. */
export type Board = Uint32Array;

export { Activity, Attention, Place } from '../native/constants.ts';

/** How a write runs. A nested one has statements that run statements of their own. */
export type WriteKind = 'plain' | 'nested';
