import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Compiles the library that stands between SQLite and the C library. Returns its path. */
export function compileShim(folder: string): string {
  const library = join(folder, 'faults.so');
  const source = join(import.meta.dirname, '../shim/faults.c');
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl', '-pthread'], { stdio: 'inherit' });
  return library;
}
