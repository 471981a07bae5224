import type { Problem } from './common.ts';
import type { StudioFile } from './studio.ts';

export interface Overview {
  file: StudioFile;
  bytes: number;
  /** `version` changes whenever the content does. */
  version: string;
  journal: { mode: string; walBytes: number };
  pages: { size: number; count: number; free: number };
  schemaVersion: string | null;
  isVault: boolean;
  kv: { table: string /** Null if counting takes long; `sizes` has it. */; keys: number | null; encoding: string }[];
  columns: { name: string; dtype: string; length: number | null; layout: 'col' | 'kvault_col' }[];
  frames: { name: string; columns: string[] }[];
  vectors: {
    table: string;
    vectors: number | null;
    dimensions: number;
    metric: string;
    type: string;
    index: boolean;
  }[];
  texts: { table: string; documents: number | null; columns: string[]; tokenizer: string }[];
  /** Tables that belong to no vault. */
  others: string[];
  /** Triggers, views and other objects that could run SQL of the file. */
  foreign: string[];
  python: PythonNote[];
  host: { sqlite: string; node: string; package: string };
}

/** What the Python package can do with something in the file. */
export interface PythonNote {
  /** Such as `kv` or `column loss`. */
  what: string;
  reads: 'yes' | 'partly' | 'no';
  /** Which versions, or why not. */
  note: string;
}

export interface Sizes {
  version: string;
  /** Of the whole file, in bytes. */
  total: number;
  free: number;
  /** One rectangle each of the treemap; children are the parts of one thing. */
  items: SizeItem[];
}

export interface SizeItem {
  /** The table, or the column. */
  name: string;
  kind: 'kv' | 'column' | 'vectors' | 'texts' | 'other' | 'meta';
  bytes: number;
  /** Keys, elements, vectors, documents or rows. */
  count: number | null;
  children?: { name: string; bytes: number }[];
}

export type VerifyMessage =
  | { type: 'progress'; what: string; done: number; total: number | null }
  | {
      type: 'finding';
      what: string;
      checked: string;
      sound: boolean;
      problems: string[];
      more: number;
      notes: string[];
    }
  | { type: 'end'; sound: boolean; ms: number }
  | { type: 'error'; problem: Problem };
