import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

/** Runs a program, and rejects with its output if it fails. */
export function run(command: string, words: readonly string[], cwd: string): Promise<string> {
  // npm leaves out binaries for another Node than the one that it runs on.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${words.join(' ')} ended with ${code}:\n${output}`));
    });
  });
}
