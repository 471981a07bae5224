/** What the other process can be asked to do with its vaults, which it opens anew for each file. */
export type Request =
  | { op: 'open'; path: string }
  | { op: 'close' }
  | { op: 'set'; key: string; value: unknown }
  | { op: 'delete'; key: string }
  | { op: 'append'; name: string; element: unknown }
  | { op: 'setElement'; name: string; index: number; element: unknown }
  | { op: 'removeElement'; name: string; index: number }
  | { op: 'insert'; vector: number[]; value: unknown }
  | { op: 'remove'; id: bigint }
  /** Everything there is; `anew`: through connections made for it. */
  | { op: 'read'; anew: boolean; path: string };

export interface Answer {
  result?: unknown;
  /** The code of an error of the library's, or what another one says. */
  error?: string;
}

/** Everything that a file holds, as the library reads it. */
export interface Content {
  kv: [string, unknown][];
  columns: [string, string, unknown[]][];
  vectors: [bigint, number[], unknown][];
}
