const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } =
  process.getBuiltinModule('node:timers');

/** How often the state of the file is looked at while somebody waits, in milliseconds. */
const LOOK_EVERY = 50;
/**
 * The system may report a write a moment before its commit can be seen. So long after that it is looked at again, in
 * milliseconds.
 */
const LOOK_AGAIN: readonly number[] = [1, 2, 4, 8];
/** How many looks pass before the system is asked again to report writes, and before idle timers end. */
const LOOKS_OF_PATIENCE = 20;

export interface CommitNewsSetup {
  /** Returns the path of the file that commits write to; empty if nobody else can write. */
  readonly path: () => string;
  /** Returns a text that changes when anybody commits, and when what is pending on the connection changes. */
  readonly mark: () => string;
}

/** Called at each look; `isNews` tells whether anybody may have committed since the last one. */
export type CommitListener = (isNews: boolean) => void;

interface Watcher {
  close(): void;
}

/**
 * Tells this thread when anybody commits to a file: a vault of this thread, another thread or another process. The
 * system reports writes of the file, and a timer looks at it for the case that it does not. Nothing runs while nobody
 * listens.
 */
export class CommitNews {
  readonly #setup: CommitNewsSetup;
  /** The listeners, and whether they keep the process alive. */
  readonly #listeners = new Map<CommitListener, boolean>();
  #mark: unknown;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #again: NodeJS.Timeout | undefined;
  #watcher: Watcher | undefined;
  /** How many looks ago the last listener has gone. */
  #idleLooks = 0;
  #looksUntilWatcher = 0;

  constructor(setup: CommitNewsSetup) {
    this.#setup = setup;
  }

  /** A text that changes when anybody commits. If it cannot be read, an object that nothing equals. */
  get mark(): unknown {
    try {
      return this.#setup.mark();
    } catch {
      // Who listens reads the file then, and finds the reason.
      return {};
    }
  }

  /** Calls the listener at each look, until the returned function is called. */
  listen(listener: CommitListener, keepsAlive: boolean): () => void {
    this.#listeners.set(listener, keepsAlive);
    this.#start();
    this.#keepAlive();
    return () => {
      if (this.#listeners.delete(listener)) this.#keepAlive();
    };
  }

  /** To be called after a write of this thread. */
  poke(): void {
    if (this.#listeners.size > 0) this.#lookSoon();
  }

  /** Ends all timers: the connection closes. */
  stop(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#soon);
    clearTimeout(this.#again);
    this.#timer = this.#soon = this.#again = undefined;
    this.#closeWatcher();
  }

  #start(): void {
    this.#idleLooks = 0;
    if (this.#timer) return;
    this.#mark = this.mark;
    this.#looksUntilWatcher = 0;
    this.#openWatcher();
    this.#timer = setInterval(() => this.#tick(), LOOK_EVERY);
  }

  #keepAlive(): void {
    let isWanted = false;
    for (const keepsAlive of this.#listeners.values()) isWanted ||= keepsAlive;
    if (isWanted) this.#timer?.ref();
    else this.#timer?.unref();
  }

  #tick(): void {
    if (this.#listeners.size === 0) {
      if (++this.#idleLooks > LOOKS_OF_PATIENCE) this.stop();
      return;
    }
    if (!this.#watcher && --this.#looksUntilWatcher <= 0) this.#openWatcher();
    this.#look();
  }

  /** Tells the listeners what there is. Returns whether anybody may have committed. */
  #look(): boolean {
    const { mark } = this;
    const isNews = mark !== this.#mark;
    this.#mark = mark;
    for (const listener of [...this.#listeners.keys()]) listener(isNews);
    return isNews;
  }

  /** Looks when this stretch of JavaScript has ended, so that many commits are one piece of news. */
  #lookSoon(): void {
    if (this.#soon) return;
    this.#soon = setImmediate(() => {
      this.#soon = undefined;
      this.#lookUntilNews(0);
    }).unref();
  }

  #lookUntilNews(times: number): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    if (this.#listeners.size === 0) return;
    const { mark } = this;
    if (mark !== this.#mark) {
      this.#look();
      return;
    }
    const pause = LOOK_AGAIN[times];
    if (pause === undefined) return;
    this.#again = setTimeout(() => this.#lookUntilNews(times + 1), pause).unref();
  }

  #openWatcher(): void {
    this.#looksUntilWatcher = LOOKS_OF_PATIENCE;
    const path = this.#setup.path();
    if (path === '') return;
    try {
      const { watch } = process.getBuiltinModule('node:fs');
      const watcher = watch(path, { persistent: false }, (event) => {
        // Another file may take its place.
        if (event === 'rename') this.#closeWatcher();
        this.#lookSoon();
      });
      watcher.on('error', () => this.#closeWatcher());
      this.#watcher = watcher;
    } catch {
      // There is no such file yet, or the system has no more watches. The timer looks.
    }
  }

  #closeWatcher(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
