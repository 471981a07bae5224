import { spawn } from 'node:child_process';

export const SOURCES = '--conditions=@kohakuvault/source';

/** Starts a script of TypeScript in another process. */
export function startScript(code: string, args: readonly string[]) {
  return spawn(process.execPath, [SOURCES, '--input-type=module-typescript', '--eval', code, '--', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
}
