import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { basename, isAbsolute } from 'node:path';

/** The variables that would let a consumer find the workspace's packages, or another core than the packed one. */
const LEAKS = ['NODE_PATH', 'NODE_OPTIONS', 'KOHAKUVAULT_NATIVE'];

const MOST_MILLISECONDS = 5 * 60_000;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs a command to its end, as soon as a processor is free. If it fails, throws with its output. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  variables: Record<string, string> = {},
): Promise<string> {
  if (running >= availableParallelism()) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    return await start(command, args, cwd, variables);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

/** Runs a script with the Node that runs this one. */
export function runNode(args: readonly string[], cwd: string): Promise<string> {
  return run(process.execPath, args, cwd);
}

function start(
  command: string,
  args: readonly string[],
  cwd: string,
  variables: Record<string, string>,
): Promise<string> {
  // On Windows npm and npx are batch files. Only a shell can start them, and a shell needs its words quoted.
  const shell = process.platform === 'win32' && !isAbsolute(command);
  const words = shell ? args.map((arg) => `"${arg}"`) : args;
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...variables };
  for (const name of LEAKS) delete env[name];
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      cwd,
      env,
      shell,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: MOST_MILLISECONDS,
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve(output);
      else reject(new Error(`${short(command, args)} ended with ${status ?? signal}:\n${output.trim()}`));
    });
  });
}

/** Returns the command for a reader, without the folders of this machine. */
function short(command: string, args: readonly string[]): string {
  return [command, ...args].map((word) => (isAbsolute(word) ? basename(word) : word)).join(' ');
}
