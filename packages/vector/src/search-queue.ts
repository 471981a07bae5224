import { nativeCore } from '@kohakuvault/core-native/internal';
import type { SharedConnection } from '@kohakuvault/core-native/internal/database';
import { type Neighbor, readNeighbors } from './neighbors.ts';
import { type LimitedRequest, type SearchRequest, searchTogether } from './search-request.ts';

/** How many tasks search the resident copy at a time. libuv has as many threads, unless the user changes that. */
const MOST_TASKS = 4;
/** How many searches of the resident copy a task takes. With more of them, the first would wait for long. */
const MOST_SEARCHES = 16;

/** Cancels what another thread does. */
export interface Running {
  cancel(): void;
}

/** A search, and who waits for it. */
export interface Order extends LimitedRequest {
  /** Registers what must be cancelled when the vault closes. Returns a function that ends the registration. */
  running(work: Running): () => void;
  readonly signal: AbortSignal | undefined;
}

/** What the queue needs of its table. */
export interface SearchedTable {
  readonly shared: SharedConnection;
  readonly tableId: number;
  /** Drops a stale copy. Returns whether the resident copy may be used, or a new one made. */
  mayKeep(): boolean;
  /** Notes that another thread begins to read the file. The returned function is called when it has ended. */
  begin(): () => void;
  /** Searches in this thread. */
  search(request: SearchRequest, residentBytes: number): Neighbor[][];
}

/** An approximate search that may have lacked sketches. */
type Sketched = Pick<Order, 'request' | 'running'>;

interface Entry extends Order {
  readonly answer: (found: Neighbor[][]) => void;
  readonly fail: (error: unknown) => void;
  /** Set when it has begun. */
  task?: Task;
  isCancelled?: boolean;
}

/** Searches that run together in another thread. */
interface Task {
  readonly flag: Running;
  /** How many of them somebody waits for. */
  wanted: number;
}

/**
 * The searches of a table in other threads, in the order of their calls.
 *
 * Without a resident copy, one task reads the file for all that wait, and searches that come meanwhile wait for its
 * copy. It begins when no other task holds an older copy. So there is one copy in memory, however many searches there
 * are.
 */
export class SearchQueue {
  readonly #binding = nativeCore().binding;
  readonly #table: SearchedTable;
  readonly #waiting: Entry[] = [];
  #tasks = 0;
  #sketching: Running | undefined;

  constructor(table: SearchedTable) {
    this.#table = table;
  }

  /** Returns the nearest vectors of each query, or nothing if the search was cancelled. */
  async search(order: Order): Promise<Neighbor[][]> {
    let cancel = () => {};
    const found = new Promise<Neighbor[][]>((answer, fail) => {
      const entry: Entry = { ...order, answer, fail };
      cancel = () => this.#cancel(entry);
      this.#waiting.push(entry);
    });
    const ended = order.running({ cancel });
    order.signal?.addEventListener('abort', cancel, { once: true });
    try {
      this.#proceed();
      return await found;
    } finally {
      order.signal?.removeEventListener('abort', cancel);
      ended();
    }
  }

  #cancel(entry: Entry): void {
    if (entry.isCancelled) return;
    entry.isCancelled = true;
    const { task } = entry;
    if (task && --task.wanted === 0) {
      // The answer comes when the task has ended and has closed what it opened.
      task.flag.cancel();
      return;
    }
    const place = this.#waiting.indexOf(entry);
    if (place >= 0) this.#waiting.splice(place, 1);
    entry.answer([]);
  }

  /** Starts what may run now. */
  #proceed(): void {
    try {
      while (this.#waiting.length > 0 && this.#start());
    } catch (error) {
      // The connection was closed, or cannot read.
      for (const entry of this.#waiting.splice(0)) entry.fail(error);
    }
  }

  /** Starts a task. Returns false if the next one must wait until another has ended. */
  #start(): boolean {
    const { shared, tableId } = this.#table;
    // Only this connection sees uncommitted changes.
    if (!this.#table.mayKeep() || shared.database.inTransaction) {
      for (const entry of this.#waiting.splice(0)) this.#searchHere(entry);
      return false;
    }
    const isResident = this.#binding.vectorIsResident(shared.handle, tableId);
    if (!isResident) this.#sketching?.cancel();
    if (this.#tasks >= (isResident ? MOST_TASKS : 1)) return false;
    this.#run(this.#waiting.splice(0, isResident ? MOST_SEARCHES : this.#waiting.length));
    return true;
  }

  #searchHere({ request, residentBytes, answer, fail }: Entry): void {
    try {
      answer(this.#table.search(request, residentBytes));
    } catch (error) {
      fail(error);
    }
  }

  async #run(entries: readonly Entry[]): Promise<void> {
    const { shared, tableId } = this.#table;
    const flag = new this.#binding.CancelFlag();
    const task: Task = { flag, wanted: entries.length };
    for (const entry of entries) entry.task = task;
    this.#tasks++;
    const ended = this.#table.begin();
    try {
      const { requests, split } = searchTogether(entries);
      const unlocking = [...(shared.unlocking ?? [])];
      const searching = this.#binding.vectorSearchOffLoop(shared.handle, tableId, requests, flag, unlocking);
      const found = await searching.finally(ended);
      const answers = split(found.map(readNeighbors));
      entries.forEach((entry, index) => {
        entry.answer(answers[index] as Neighbor[][]);
      });
      for (const entry of entries) if (entry.request.lists) this.sketch(entry);
    } catch (error) {
      for (const entry of entries) entry.fail(error);
    } finally {
      this.#tasks--;
      this.#proceed();
    }
  }

  /** Has another thread make the sketches that an approximate search lacked. Without them, searches are exact. */
  sketch(search: Sketched): void {
    const { shared, tableId } = this.#table;
    try {
      if (!this.#binding.vectorNeedsSketch(shared.handle, tableId, search.request.metric)) return;
    } catch {
      // As below.
      return;
    }
    void this.#sketch(search);
  }

  async #sketch({ running }: Sketched): Promise<void> {
    const { shared, tableId } = this.#table;
    let ended = () => {};
    this.#tasks++;
    try {
      const flag = new this.#binding.CancelFlag();
      ended = running(flag);
      this.#sketching = flag;
      await this.#binding.vectorSketchOffLoop(shared.handle, tableId, flag);
      this.#sketching = undefined;
    } catch {
      // The last vault was closed meanwhile, and the table with it. Anything else is reported by the next search.
    } finally {
      ended();
      this.#tasks--;
      this.#proceed();
    }
  }
}
