import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** An app with a Studio at `/studio`, in a process of its own. */
export interface App extends AsyncDisposable {
  readonly base: string;
  /** The path below `/studio` that lets in. */
  readonly entrance: string;
}

/** Starts an app, and waits until it has told where it is and who may enter. */
export async function startedApp(folder: string, words: readonly string[], file: string): Promise<App> {
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { ...process.env, VAULT: file, NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let output = '';
  const told = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = (data = Buffer.alloc(0)) => {
        output += data.toString();
        const found = pattern.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      };
      look();
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      void ended.then(() => reject(new Error(`the app has ended:\n${output}`)));
    });
  const base = await told(/(http:\/\/127\.0\.0\.1:\d+)/);
  // Next loads a route when it is asked for first.
  const entrance = told(/entrance (\S+)/);
  await fetch(`${base}/studio/`);
  return {
    base,
    entrance: await entrance,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
