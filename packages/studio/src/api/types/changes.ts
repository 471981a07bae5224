import type { KeyRef } from './common.ts';
import type { KeyRangeQuery } from './keys.ts';

export interface UploadResult {
  key: KeyRef;
  bytes: number;
  replaced: boolean;
}

export type PlanRequest =
  | { kind: 'set'; table: string; key: KeyRef /** Typed JSON. */; json: string }
  | { kind: 'text'; table: string; key: KeyRef; text: string }
  | { kind: 'delete'; table: string; keys: KeyRef[] }
  /** All keys of a range. */
  | { kind: 'delete-range'; range: KeyRangeQuery }
  | { kind: 'rename'; table: string; key: KeyRef; to: KeyRef }
  /** An element of a column that exists. */
  | { kind: 'element'; column: string; row: number /** Typed JSON. */; json: string };

/** What a change would do. It is kept for ten minutes. */
export interface ChangePlan {
  id: string;
  /** The first 100 of the changes. */
  changes: PlannedChange[];
  /** All of them. */
  count: number;
  /** Bytes of values that would be replaced or deleted. */
  bytes: number;
}

export interface PlannedChange {
  /** The key; of an element of a column, the column and the row, as `t:loss[3]`. */
  key: KeyRef;
  /** Null: there is no such key, or will be none. */
  before: ShownValue | null;
  after: ShownValue | null;
}

export interface ShownValue {
  encoding: string;
  bytes: number;
  /** Typed JSON or text, cut to 10,000 characters; null if it is bytes or cannot be shown. */
  text: string | null;
}

export interface AppliedPlan {
  count: number;
  version: string;
}
