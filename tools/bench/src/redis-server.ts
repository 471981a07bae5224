import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Context } from './suite.ts';

/** Which variable of the environment names the program. */
const VARIABLE = 'KOHAKUVAULT_REDIS_SERVER';

/** Starts a Redis of its own, whose files are in the folder of the contender. It ends with `stop`. */
export async function startRedis(
  context: Context,
  options: readonly string[],
): Promise<{ port: number; stop: () => Promise<void> }> {
  const program = process.env[VARIABLE];
  if (!program) context.unavailable(`there is no Redis: set ${VARIABLE} to the path of a redis-server`);
  const port = await freePort();
  const server = spawn(program, ['--port', String(port), '--dir', context.folder, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => void server.kill('SIGKILL');
  process.once('exit', end);
  for await (const line of createInterface(server.stdout)) if (line.includes('eady to accept connections')) break;
  server.stdout.resume();
  return {
    port,
    stop: async () => {
      process.off('exit', end);
      end();
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
