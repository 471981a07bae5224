import { Worker } from 'node:worker_threads';
import { type ErrorCode, errorOf, nativeCore } from '@kohakuvault/core-native/internal';
import type { ConnectionOptions } from '@kohakuvault/core-native/internal/database';
import { type StudioCode, StudioError } from '../api/studio-error.ts';
import type { Problem } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import type { Task, TaskReply } from '../work/task.ts';
import { taskProgram } from './task-program.ts';
import { TASKS, type TaskName } from './tasks.ts';

/** Threads of one file, and how many of them may do what has no end in sight, so that views never wait for that. */
const MOST_THREADS = 3;
const MOST_LONG = 2;
/** After these, a thread ends: they need much memory, and are seldom asked for again. */
const HEAVY: ReadonlySet<TaskName> = new Set(['verify', 'sql export', 'map', 'recall']);
/** What takes as long as the file is, as a person's statement does, or as a client that reads slowly wants. */
const LONG: ReadonlySet<TaskName> = new Set([...HEAVY, 'sql']);
/** A thread that has had nothing to do for so long ends, in milliseconds. */
const IDLE = 20_000;
/** What nobody waits for any more has so many milliseconds to end by itself. To start a thread takes as long. */
const GRACE = 200;
/** The page cache of a thread's connection, in KiB. Most tasks read each page once. */
const CACHE_KB = 2 * 1024;
/** Fewer new objects are kept before they are collected than by Node's defaults, which spend memory to save time. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

/** One thread. It does one task at a time. */
class Thread {
  readonly worker: Worker;
  /** What it does now; the next task has to wait. */
  task: TaskName | undefined;
  /** The number of the task that has not replied with its end. */
  running = 0;
  idle: NodeJS.Timeout | undefined;

  constructor(program: string, workerData: object) {
    this.worker = new Worker(program, { workerData, resourceLimits: LIMITS });
    this.worker.unref();
    // An error is reported to the task that runs, which listens too.
    this.worker.on('error', () => {});
  }
}

/** Does the long work of one file in other threads, or in this one if no other thread can open the file. */
export class TaskPool {
  readonly #file: VaultFile;
  readonly #threads = new Set<Thread>();
  readonly #ending = new Set<Promise<number>>();
  readonly #waiting = new Set<() => void>();
  #number = 0;
  #closed = false;

  constructor(file: VaultFile) {
    this.#file = file;
  }

  /** Runs a task to its end. Returns its result. */
  async run<Result>(name: TaskName, args: unknown, signal: AbortSignal): Promise<Result> {
    const steps = this.stream<unknown, Result>(name, args, signal);
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
    }
  }

  /** Runs a task, and returns its messages. To leave the iteration, or to abort the signal, ends the task. */
  async *stream<Message, Result = void>(
    name: TaskName,
    args: unknown,
    signal: AbortSignal,
  ): AsyncGenerator<Message, Result> {
    signal.throwIfAborted();
    const reach = this.#reach();
    if (reach === undefined) return yield* this.#here<Message, Result>(name, args, signal);
    const thread = await this.#thread(name, reach, signal);
    try {
      return yield* this.#inThread<Message, Result>(thread, { name, args, signal });
    } finally {
      void this.#leave(thread);
    }
  }

  /** The threads that have not ended yet, although they should. */
  get ending(): number {
    return this.#ending.size;
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const thread of this.#threads) this.#end(thread);
    await Promise.all(this.#ending);
    this.#wakeAll();
  }

  /** What another thread needs to open the file; undefined if none can. */
  #reach(): { path: string; options: ConnectionOptions; program: string } | undefined {
    const program = taskProgram();
    const { file, reachOfThreads, options } = this.#file.connection.shared;
    if (program === undefined || file === '' || reachOfThreads === undefined) return undefined;
    const { busyTimeout, retries, backoffBase } = options;
    return {
      path: file,
      options: { busyTimeout, retries, backoffBase, cacheKb: CACHE_KB, ...reachOfThreads },
      program,
    };
  }

  async #thread(
    name: TaskName,
    { path, options, program }: { path: string; options: ConnectionOptions; program: string },
    signal: AbortSignal,
  ): Promise<Thread> {
    for (;;) {
      if (this.#closed) throw new StudioError('STUDIO_CANCELED', 'the Studio was closed');
      signal.throwIfAborted();
      const all = [...this.#threads];
      const long = all.filter(({ task }) => task !== undefined && LONG.has(task)).length;
      const free = all.find(({ task }) => task === undefined);
      if ((free || all.length < MOST_THREADS) && (long < MOST_LONG || !LONG.has(name))) {
        const thread = free ?? this.#begun(program, { path, options });
        clearTimeout(thread.idle);
        thread.task = name;
        return thread;
      }
      await this.#turn(signal);
    }
  }

  #begun(program: string, workerData: object): Thread {
    const thread = new Thread(program, workerData);
    this.#threads.add(thread);
    thread.worker.on('exit', () => this.#threads.delete(thread));
    return thread;
  }

  /** Waits until a task has ended. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = () => {
        this.#waiting.delete(next);
        reject(signal.reason);
      };
      this.#waiting.add(next);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Each that waits looks whether it can begin, in the order in which they came. */
  #wakeAll(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const next of waiting) next();
  }

  async *#inThread<Message, Result>(
    thread: Thread,
    { name, args, signal }: { name: TaskName; args: unknown; signal: AbortSignal },
  ): AsyncGenerator<Message, Result> {
    const { worker } = thread;
    const number = ++this.#number;
    const replies: TaskReply[] = [];
    let failure: Error | undefined;
    let alarm = 0;
    let wake = () => {};
    const heard = (reply: TaskReply) => {
      if (reply.number !== number) return;
      if (reply.type === 'alarm') {
        alarm = reply.alarm;
        return;
      }
      if (isEnd(reply)) {
        alarm = 0;
        thread.running = 0;
      }
      replies.push(reply);
      wake();
    };
    const fail = (error: Error) => {
      failure ??= error;
      wake();
    };
    const exited = () => fail(new StudioError('STUDIO_CANCELED', 'the work was ended'));
    const abort = () => fail(signal.reason as Error);
    worker.on('message', heard);
    worker.on('error', fail);
    worker.on('exit', exited);
    signal.addEventListener('abort', abort, { once: true });
    try {
      worker.postMessage({ type: 'run', number, name, args });
      thread.running = number;
      for (;;) {
        const reply = replies.shift();
        if (failure) throw failure;
        if (reply === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if (reply.type === 'result') {
          return reply.result as Result;
        } else if (reply.type === 'failure') {
          throw errorOfProblem(reply.problem);
        } else if (reply.type === 'message') {
          yield reply.message as Message;
          if (reply.waits) worker.postMessage({ type: 'taken', number });
        }
      }
    } finally {
      // A statement would run to its time limit, also in a thread that is being ended.
      if (alarm > 0) nativeCore().binding.ringAlarm(alarm);
      worker.off('message', heard);
      worker.off('error', fail);
      worker.off('exit', exited);
      signal.removeEventListener('abort', abort);
    }
  }

  /** Runs a task in this thread, with turns of the event loop between its steps. */
  async *#here<Message, Result>(name: TaskName, args: unknown, signal: AbortSignal): AsyncGenerator<Message, Result> {
    const posted: Message[] = [];
    const post = (message: unknown) => posted.push(message as Message);
    const context = { file: this.#file, post, interruptible: () => {}, signal };
    const steps = (TASKS[name] as Task)(context, args as never);
    try {
      for (;;) {
        signal.throwIfAborted();
        const { done, value } = await steps.next();
        yield* posted.splice(0);
        if (done) return value as Result;
        yield value as Message;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      await steps.return(undefined);
    }
  }

  /** Keeps a thread for the next task, unless it goes on with what nobody waits for any more. */
  async #leave(thread: Thread): Promise<void> {
    const isHeavy = thread.task !== undefined && HEAVY.has(thread.task);
    if (!isHeavy && !this.#closed) await endOf(thread);
    thread.task = undefined;
    if (isHeavy || this.#closed || thread.running !== 0) this.#end(thread);
    else this.#rest(thread);
    this.#wakeAll();
  }

  #rest(thread: Thread): void {
    thread.idle = setTimeout(() => this.#end(thread), IDLE);
    thread.idle.unref();
  }

  #end(thread: Thread): void {
    clearTimeout(thread.idle);
    this.#threads.delete(thread);
    const ended = thread.worker.terminate().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

function isEnd(reply: TaskReply): boolean {
  return reply.type === 'result' || reply.type === 'failure';
}

/** Waits until a thread has ended its task, or has not done so in time. */
async function endOf(thread: Thread): Promise<void> {
  if (thread.running === 0) return;
  const { worker } = thread;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      worker.off('message', heard);
      worker.off('exit', done);
      resolve();
    };
    const heard = (reply: TaskReply) => {
      if (reply.number !== thread.running || !isEnd(reply)) return;
      thread.running = 0;
      done();
    };
    const timer = setTimeout(done, GRACE);
    worker.on('message', heard);
    worker.on('exit', done);
  });
}

/** Returns the error that another thread has told of. */
function errorOfProblem({ code, message }: Problem): Error {
  if (code.startsWith('KV_')) return errorOf(code as ErrorCode, message);
  return new StudioError(code as StudioCode, message);
}
