import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface WorkFolder {
  readonly path: string;
  remove(): void;
}

/** Creates a folder for databases. It is removed at the latest when the process exits. */
export function workFolder(): WorkFolder {
  const path = mkdtempSync(join(tmpdir(), 'kohakuvault-load-'));
  const remove = () => {
    process.off('exit', remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.once('exit', remove);
  return { path, remove };
}
