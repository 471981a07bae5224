import { spawn } from 'node:child_process';

export interface Outcome {
  ok: boolean;
  output: string;
}

export interface RunOptions {
  /** Whether the output is also printed as it comes. */
  print?: boolean;
  env?: Record<string, string | undefined>;
}

/** Runs a command and returns its output. */
export function run([command = '', ...args]: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...options.env },
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk;
      if (options.print) process.stdout.write(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (status) => resolve({ ok: status === 0, output }));
  });
}
