import type { MessagePort, Worker } from 'node:worker_threads';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { sharedAbort } from '@kohakuvault/kvault/internal';
import { Callbacks } from './callbacks.ts';
import type { Ask, DirectCalls, Request, Response, Step } from './messages.ts';
import { errorFrom, unpack } from './packing.ts';

/** How many requests the thread has at a time. Those behind them can be withdrawn. */
const IN_FLIGHT = 16;

export interface RequestOptions {
  /** Rejects the request with its reason. What the thread has begun may be done all the same. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total?: number) => void) | undefined;
  /** Whether the process stays alive until the request is answered. Default true. */
  readonly keepsAlive?: boolean | undefined;
  /** Whether the request calls functions of this thread: `callbacks` has what stands for them. */
  readonly asks?: boolean | undefined;
}

interface Pending {
  readonly id: number;
  readonly step: Step;
  readonly options: RequestOptions;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  isSent: boolean;
}

/** The calling thread's side of a thread with vaults. */
export class Client {
  readonly callbacks: Callbacks;
  readonly #closing = sharedAbort();
  readonly #worker: Worker;
  readonly #path: string;
  /** The requests that are not answered, in their order. */
  readonly #pending = new Map<number, Pending>();
  readonly #closed: Promise<void>;
  #last = 0;
  #lastPlace = 0;
  #sent = 0;
  #failure: Error | undefined;
  #isOpen = true;

  /** `port` is this thread's side of `calls`. */
  constructor(worker: Worker, path: string, calls: DirectCalls, port: MessagePort) {
    this.#worker = worker;
    this.#path = path;
    this.callbacks = new Callbacks();
    const answered = new Int32Array(calls.answered);
    port.on('message', (ask: Ask) => this.callbacks.answerNow(ask, port, answered));
    port.unref();
    worker.unref();
    worker.on('message', (message: Response) => this.#receive(message));
    worker.on('error', (cause) => this.#end(new KohakuVaultError(`the thread of ${path} failed: ${cause}`, { cause })));
    this.#closed = new Promise((resolve) => {
      worker.once('exit', () => {
        port.close();
        this.#end(this.#closedError());
        resolve();
      });
    });
  }

  get open(): boolean {
    return this.#isOpen;
  }

  /** Ends what waits for streams of this thread when the store closes, or the thread has failed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Returns a number for what the thread will keep. The thread's own numbers are above 0. */
  nextPlace(): number {
    return --this.#lastPlace;
  }

  /** Has the thread do something. */
  request(step: Step, options: RequestOptions = {}): Promise<unknown> {
    const { signal } = options;
    if (!this.#isOpen) return Promise.reject(this.#failure ?? this.#closedError());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      const abort = () => this.#abort(id, signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      const settled =
        <T>(settle: (given: T) => void) =>
        (given: T) => {
          signal?.removeEventListener('abort', abort);
          settle(given);
        };
      this.#pending.set(id, { id, step, options, resolve: settled(resolve), reject: settled(reject), isSent: false });
      this.#send();
    });
  }

  /** Has the thread finish or refuse what it has begun, close its vaults, and end. */
  async close(): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false;
      this.#worker.ref();
      for (const pending of this.#pending.values()) if (!pending.isSent) this.#transfer(pending);
      this.#worker.postMessage({ close: true } satisfies Request);
      this.#closing.abort(this.#closedError());
    }
    await this.#closed;
    if (this.#failure) throw this.#failure;
  }

  #send(): void {
    this.#keepAlive();
    for (const pending of this.#pending.values()) {
      if (this.#sent >= IN_FLIGHT) return;
      if (!pending.isSent) this.#transfer(pending);
    }
  }

  #transfer(pending: Pending): void {
    const { id, step } = pending;
    pending.isSent = true;
    if (isShort(pending)) this.#sent++;
    const transfer = 'args' in step ? [step.args.buffer as ArrayBuffer] : [];
    this.#worker.postMessage({ id, step } satisfies Request, transfer);
  }

  #receive(message: Response): void {
    if ('ready' in message) return;
    if ('ask' in message) {
      void this.callbacks.answer(message).then((answer) => this.#worker.postMessage(answer satisfies Request));
      return;
    }
    if ('closed' in message) {
      if (message.failure) this.#failure = errorFrom(message.failure);
      return;
    }
    const pending = this.#pending.get(message.id);
    if ('progress' in message) {
      this.#report(pending, message.progress);
      return;
    }
    if (!pending) return;
    this.#forget(pending);
    if ('failure' in message) pending.reject(this.callbacks.errorOf(message.failure));
    else pending.resolve(unpack(message.result)[0]);
    this.#send();
  }

  #report(pending: Pending | undefined, [done, total]: readonly [number, number | undefined]): void {
    if (!pending) return;
    try {
      pending.options.onProgress?.(done, total);
    } catch (error) {
      this.#abort(pending.id, error);
    }
  }

  #abort(id: number, reason: unknown): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    if (pending.isSent) this.#worker.postMessage({ abort: id } satisfies Request);
    this.#forget(pending);
    pending.reject(reason);
    // When the signal has told all requests: those behind this one may be withdrawn as well.
    queueMicrotask(() => this.#send());
  }

  #forget(pending: Pending): void {
    this.#pending.delete(pending.id);
    if (pending.isSent && isShort(pending)) this.#sent--;
  }

  #keepAlive(): void {
    if (!this.#isOpen) return;
    for (const { options } of this.#pending.values()) {
      if (options.keepsAlive === false) continue;
      this.#worker.ref();
      return;
    }
    this.#worker.unref();
  }

  #end(error: Error): void {
    if (this.#isOpen) this.#failure = error;
    this.#isOpen = false;
    this.#closing.abort(error);
    for (const pending of [...this.#pending.values()]) {
      this.#forget(pending);
      pending.reject(error);
    }
  }

  #closedError(): KohakuVaultError {
    return new KohakuVaultError(`${this.#path} is closed; open it again to use it`, { code: 'KV_CLOSED' });
  }
}

/** Whether a request waits neither for news nor for functions of this thread. Others must not wait for one that does. */
function isShort({ step, options }: Pending): boolean {
  return step.do !== 'next' && options.asks !== true;
}
