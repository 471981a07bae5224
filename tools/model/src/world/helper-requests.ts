/** The requests that the other process answers with its vaults. It opens new vaults for each file. */
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
  | { op: 'insertText'; text: string; value: unknown }
  | { op: 'removeText'; id: bigint }
  /** Reads everything; with `fresh`, through new connections. */
  | { op: 'read'; fresh: boolean; path: string };

export interface Answer {
  result?: unknown;
  /** The code of an error of the library, or the message of another error. */
  error?: string;
}

/** The whole content of a file, as the library reads it. */
export interface Content {
  kv: [string, unknown][];
  columns: [string, string, unknown[]][];
  vectors: [bigint, number[], unknown][];
  texts: [bigint, string, unknown][];
}
