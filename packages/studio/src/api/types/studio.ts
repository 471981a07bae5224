import type { Problem } from './common.ts';
import type { API_VERSION } from './routes.ts';

export interface StudioInfo {
  version: typeof API_VERSION;
  /** The version of the package. */
  package: string;
  readonly: boolean;
  files: StudioFile[];
  /** Whether the server was given a function that turns texts into vectors. */
  embeds: boolean;
}

export interface StudioFile {
  id: string;
  /** The name without folders; for a database in memory `:memory:`. */
  name: string;
  path: string;
  readonly: boolean;
}

export type StudioEvent =
  /** At once after the connection. */
  | { type: 'hello'; files: { file: string; version: string }[] }
  /** The file has new content, by whatever process. `version` differs from the last one. */
  | { type: 'changed'; file: string; version: string; bytes: number; walBytes: number; at: number }
  /** The file was deleted, moved or replaced. Its views answer 410. */
  | { type: 'gone'; file: string; message: string }
  /** The file cannot be read at the moment. */
  | { type: 'problem'; file: string; problem: Problem };
