// The thread that has the vaults of `kohakuvault/async`.
import { parentPort, workerData } from 'node:worker_threads';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { Asks, failureOfCall } from './asks.ts';
import { Host } from './host.ts';
import type { Request, Response, Step, ThreadData } from './messages.ts';
import { failureOf, pack, unpack } from './packing.ts';

const data = dataOf(workerData);
const asks = new Asks(post, data.calls);
const host = openHost();
const running = new Map<number, AbortController>();
let isClosing = false;

function dataOf(given: unknown): ThreadData {
  if ((given as Partial<ThreadData> | null | undefined)?.kohakuvault === 'async') return given as ThreadData;
  throw new InvalidArgument(
    "async-worker is the program of the thread of 'kohakuvault/async': give it to a bundler as an entry of its own, and " +
      'do not import it',
  );
}

/** Opens the file, or says why that is not possible, and ends. */
function openHost(): Host | undefined {
  try {
    return new Host(data.path, unpack(data.options)[0] as object, asks);
  } catch (error) {
    post({ closed: true, failure: failureOf(error) });
    return undefined;
  }
}

function post(message: Response, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function answer(id: number, result: unknown): void {
  const bytes = pack([result]);
  post({ id, result: bytes }, [bytes.buffer as ArrayBuffer]);
}

async function run(id: number, step: Step): Promise<void> {
  const ending = new AbortController();
  running.set(id, ending);
  try {
    const report = (done: number, total: number | undefined) => post({ id, progress: [done, total] });
    const result = host?.run(step, { signal: ending.signal, report });
    answer(id, result instanceof Promise ? await result : result);
  } catch (error) {
    post({ id, failure: failureOfCall(error) });
  } finally {
    running.delete(id);
    if (isClosing) closeWhenIdle();
  }
}

function closeWhenIdle(): void {
  if (running.size > 0) return;
  let failure: unknown;
  try {
    host?.close();
  } catch (error) {
    failure = error;
  }
  post({ closed: true, failure: failure === undefined ? undefined : failureOf(failure) });
  parentPort?.close();
}

if (host) {
  parentPort?.on('message', (message: Request) => {
    if ('step' in message) void run(message.id, message.step);
    else if ('abort' in message) running.get(message.abort)?.abort();
    else if ('answer' in message) asks.settle(message);
    else {
      isClosing = true;
      // What waits for news, for chunks or for functions of the calling thread might wait forever.
      host.endIterations();
      asks.close();
      closeWhenIdle();
    }
  });
  post({ ready: true });
}
