import type { Listen, StopListening } from '../client/session.ts';

const { clearTimeout, setTimeout } = process.getBuiltinModule('node:timers');

/** How soon a connection that was lost is made again, in milliseconds. */
const SOON = 1_000;

/** Called when there may be news. */
type Listener = () => void;

/**
 * Tells this program what others have told by NOTIFY, about topics. It has a connection of its own while anybody listens.
 * Who listens also looks from time to time: behind some poolers nothing arrives.
 */
export class ServerNews {
  readonly #listen: Listen;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #endings = new Set<() => Promise<void>>();
  #channel = '';
  #stop: Promise<StopListening | undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(listen: Listen) {
    this.#listen = listen;
  }

  /** Has a listener called when somebody tells of a topic, and when that may have been missed. */
  subscribe(channel: string, topic: string, listener: Listener): () => void {
    this.#channel = channel;
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    this.#start();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  /** Has something done before the store closes. The function returned forgets it. */
  beforeClose(ending: () => Promise<void>): () => void {
    this.#endings.add(ending);
    return () => this.#endings.delete(ending);
  }

  /** Ends everything that waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(Array.from(this.#endings, (ending) => ending()));
    this.#end();
    await this.#ended;
  }

  #ended: Promise<void> = Promise.resolve();

  #start(): void {
    if (this.#stop || this.#isClosed) return;
    const stop = this.#listen(
      this.#channel,
      (topic) => this.#tell(topic),
      () => this.#lost(stop),
    );
    this.#stop = stop;
    stop.then(
      // What was told before is not known.
      () => this.#tellAll(),
      () => this.#lost(stop),
    );
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const stop = this.#stop;
    this.#stop = undefined;
    if (stop) this.#ended = stop.then((end) => end?.()).catch(() => {});
  }

  #lost(which: Promise<unknown>): void {
    if (this.#stop !== which) return;
    this.#tellAll();
    this.#timer = setTimeout(() => {
      this.#stop = undefined;
      if (this.#listeners.size > 0) this.#start();
    }, SOON);
    this.#timer.unref();
  }

  #tell(topic: string): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener();
  }

  #tellAll(): void {
    for (const topic of [...this.#listeners.keys()]) this.#tell(topic);
  }
}
