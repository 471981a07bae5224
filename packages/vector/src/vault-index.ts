import type { Connection } from '@kohakuvault/core-native/internal/database';
import {
  checkIndexOptions,
  type IndexAsyncOptions,
  type IndexBuildOptions,
  type IndexOptions,
  type VectorIndexInfo,
} from './index-options.ts';
import type { Metric } from './metrics.ts';
import type { Running } from './search-queue.ts';
import type { VectorIndex } from './vector-index.ts';

/** What a vault does with the index of its table: in transactions, and here or in another thread. */
export class VaultIndex {
  readonly #connection: Connection;
  readonly #index: VectorIndex;
  readonly #metric: Metric;
  readonly #running: (work: Running) => () => void;

  constructor(connection: Connection, index: VectorIndex, metric: Metric, running: (work: Running) => () => void) {
    this.#connection = connection;
    this.#index = index;
    this.#metric = metric;
    this.#running = running;
  }

  get info(): VectorIndexInfo | undefined {
    return this.#connection.consistently(() => this.#index.info);
  }

  create(options: IndexOptions | undefined): void {
    this.#buildHere(checkIndexOptions('createIndex', options, this.#metric));
  }

  async createAsync(options: IndexAsyncOptions | undefined): Promise<void> {
    const checked = checkIndexOptions('createIndexAsync', options, this.#metric);
    this.#connection.checkWritable();
    checked.signal?.throwIfAborted();
    if (this.#index.canBuildOffLoop) await this.#buildOffLoop(checked);
    else this.#buildHere(checked);
  }

  drop(): boolean {
    return this.#connection.transaction(() => this.#connection.write(() => this.#index.drop()));
  }

  verify(): string[] {
    return this.#connection.consistently(() => this.#index.verify());
  }

  /** Puts all vectors into lists. If the table has grown or shrunk a lot, makes the index again. */
  tidy(): void {
    if (!this.info) return;
    this.#connection.transaction(() => {
      const lists = this.#index.listsAfterDrift;
      if (lists === undefined) this.#index.growWhole();
      else this.#connection.write(() => this.#index.build(this.#metric, { lists }));
    });
  }

  /** Makes the index again in another thread, if the table has grown or shrunk a lot and another thread can. */
  async tidyAsync(watch: IndexAsyncOptions): Promise<void> {
    watch.signal?.throwIfAborted();
    if (!this.#index.canBuildOffLoop) return;
    const lists = this.#connection.consistently(() => this.#index.listsAfterDrift);
    if (lists !== undefined) await this.#buildOffLoop({ ...watch, lists });
  }

  async #buildOffLoop(checked: IndexBuildOptions): Promise<void> {
    const isMade = await this.#index.buildOffLoop(this.#metric, checked, this.#running);
    if (isMade) return;
    checked.signal?.throwIfAborted();
    // Cancelled because the vault was closed.
    this.#connection.assertOpen();
  }

  #buildHere(options: IndexBuildOptions): void {
    this.#connection.transaction(() => {
      this.#connection.withSmallCache(() => {
        this.#connection.write(() => this.#index.build(this.#metric, options));
      });
    });
  }
}
