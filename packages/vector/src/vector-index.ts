import { CorruptData, InvalidArgument, nativeCore, type VectorIndexOptions } from '@kohakuvault/core-native/internal';
import type { SharedConnection } from '@kohakuvault/core-native/internal/database';
import type { IndexBuildOptions, VectorIndexInfo } from './index-options.ts';
import { type ListOrder, ListSearches } from './list-searches.ts';
import { METRIC_CODES, type Metric, TYPE_CODES } from './metrics.ts';
import { type Neighbor, readNeighbors } from './neighbors.ts';
import type { VectorShape } from './options.ts';
import type { Running } from './search-queue.ts';
import { type SearchRequest, vectorRequest } from './search-request.ts';

/** The state of the file if nothing may be kept. */
const UNKNOWN_STATE = -1;
/** When an id passes a multiple of this, the index looks whether many vectors are in no list. */
const IDS_A_LOOK = 64n;
/** Everything is put into lists. */
const ALL = -1;
/** How often a build is asked how far it is, in milliseconds. */
const PROGRESS_INTERVAL = 50;
/** The index is made again if the table has grown by this factor since, or shrunk, or most lists are out of use. */
const DRIFT = 4;

/**
 * The index of a table of vectors, as the core keeps it. All vaults on a connection share it. Each method that writes
 * is called inside a transaction.
 */
export class VectorIndex {
  readonly #binding = nativeCore().binding;
  readonly #shared: SharedConnection;
  readonly #number: number;
  readonly #searches: ListSearches;

  constructor(shared: SharedConnection, table: string, { vectorType, dimensions, metric }: VectorShape) {
    this.#shared = shared;
    const type = TYPE_CODES[vectorType];
    this.#number = this.#binding.createVectorIndex(shared.handle, table, type, dimensions, metric === 'cosine');
    this.#searches = new ListSearches(shared, this.#number);
  }

  /** Returns the nearest vectors of each query. Undefined if there is no index for such a search. */
  search(request: SearchRequest, residentBytes: number): Neighbor[][] | undefined {
    if (!request.lists) return undefined;
    const listed = vectorRequest(listedRequest(request), undefined);
    const options = this.#options(request, residentBytes);
    const found = this.#binding.vectorIndexSearch(this.#shared.handle, this.#number, listed, options);
    return found ? readNeighbors(found) : undefined;
  }

  /** Does the same in another thread: see `ListSearches`. */
  searchOffLoop(
    request: SearchRequest,
    residentBytes: number,
    order: Pick<ListOrder, 'running' | 'signal'>,
  ): Promise<Neighbor[][] | undefined> | undefined {
    if (!request.lists) return undefined;
    const options = () => this.#options(request, residentBytes);
    return this.#searches.search({ ...order, request: listedRequest(request), options });
  }

  #options({ lists }: SearchRequest, residentBytes: number): VectorIndexOptions {
    return {
      listBytes: residentBytes,
      state: this.#state,
      inPlace: this.#shared.isReadInPlace,
      ...(lists?.probes !== undefined && { probes: lists.probes }),
      ...(lists?.recall !== undefined && { recall: lists.recall }),
    };
  }

  /** Makes the index, or makes it again. */
  build(metric: Metric, { lists }: IndexBuildOptions): void {
    const { handle, mayBeEncrypted } = this.#shared;
    this.#binding.vectorIndexBuild(handle, this.#number, METRIC_CODES[metric], lists, mayBeEncrypted);
  }

  /** Whether another thread can make the index: it has a file, no transaction is open, and we know its key if it has one. */
  get canBuildOffLoop(): boolean {
    const { database, file, mayBeEncrypted, unlocking } = this.#shared;
    return file !== '' && !database.inTransaction && (unlocking !== undefined || !mayBeEncrypted);
  }

  /** Makes the index in another thread. Returns whether it was made; not if it was cancelled. */
  async buildOffLoop(
    metric: Metric,
    { lists, onProgress, signal }: IndexBuildOptions,
    running: (work: Running) => () => void,
  ): Promise<boolean> {
    const progress = new this.#binding.IndexProgress();
    const cancel = () => progress.cancel();
    const ended = running({ cancel });
    signal?.addEventListener('abort', cancel, { once: true });
    let failure: { error: unknown } | undefined;
    const report = () => {
      try {
        onProgress?.(progress.done());
      } catch (error) {
        failure ??= { error };
        cancel();
      }
    };
    const timer = onProgress && setInterval(report, PROGRESS_INTERVAL);
    try {
      const { handle, unlocking } = this.#shared;
      const code = METRIC_CODES[metric];
      const isMade = await this.#binding.vectorIndexBuildOffLoop(handle, this.#number, code, lists, progress, [
        ...(unlocking ?? []),
      ]);
      if (failure) throw failure.error;
      if (isMade) onProgress?.(1);
      return isMade;
    } finally {
      clearInterval(timer);
      signal?.removeEventListener('abort', cancel);
      ended();
      if (this.#shared.database.open) this.forget();
    }
  }

  /** Removes the index. Returns whether there was one. */
  drop(): boolean {
    return this.#binding.vectorIndexDrop(this.#shared.handle, this.#number);
  }

  /** Removes all vectors from the lists. */
  clear(): void {
    this.#binding.vectorIndexClear(this.#shared.handle, this.#number);
  }

  /** Forgets what memory holds. */
  forget(): void {
    this.#binding.vectorIndexForget(this.#shared.handle, this.#number);
  }

  /** Notes that a vector was changed. */
  touch(id: bigint): void {
    const state = this.#state;
    this.#shared.write(() => this.#binding.vectorIndexTouch(this.#shared.handle, this.#number, state, id));
  }

  /** Follows the insert of vectors, before `inserted`. */
  noteInserted(ids: BigInt64Array): void {
    this.#binding.vectorIndexInserted(this.#shared.handle, this.#number, ids);
  }

  /** Follows the removal of a vector. */
  noteRemoved(id: bigint): void {
    this.#binding.vectorIndexRemoved(this.#shared.handle, this.#number, id);
  }

  /** Notes that vectors were inserted. Some that are in no list are put into lists. */
  inserted(ids: readonly bigint[]): void {
    const [first, last] = [ids[0], ids.at(-1)];
    if (first === undefined || last === undefined) return;
    const isDue = ids.length >= IDS_A_LOOK || last / IDS_A_LOOK !== (first - 1n) / IDS_A_LOOK;
    if (isDue) this.#grow(ids.length);
  }

  /** Puts all vectors into lists, which are as long as suits their number afterwards. Returns how many were in none. */
  growWhole(): number {
    return this.#grow(ALL);
  }

  #grow(inserted: number): number {
    const state = this.#state;
    return this.#shared.write(() => this.#binding.vectorIndexGrow(this.#shared.handle, this.#number, state, inserted));
  }

  /** If the table has changed so much that the index should be made again, returns with how many lists. */
  get listsAfterDrift(): number | undefined {
    const info = this.#info();
    if (!info) return undefined;
    const count = info.indexed + info.pending;
    const hasChanged = count > info.vectors * DRIFT || count * DRIFT < info.vectors;
    return hasChanged || info.retiredLists > info.lists * 2 ? info.suitableLists : undefined;
  }

  get info(): VectorIndexInfo | undefined {
    const info = this.#info();
    if (!info) return undefined;
    const { lists, indexed, pending, bytes, trained, recall } = info;
    return {
      kind: 'lists',
      lists,
      indexed,
      pending,
      bytes,
      trained: new Date(trained),
      recall: recall.map(([probes, found]) => ({ probes: probes as number, recall: found as number })),
    };
  }

  /** Returns what is wrong with the index. */
  verify(): string[] {
    this.#shared.prepareRead();
    try {
      return this.#binding.vectorIndexVerify(this.#shared.handle, this.#number);
    } catch (error) {
      if (error instanceof CorruptData) return [error.message];
      throw error;
    }
  }

  #info() {
    const info = this.#binding.vectorIndexInfo(this.#shared.handle, this.#number, this.#state);
    return info ?? undefined;
  }

  /** The number of the file's state, as reads see it. */
  get #state(): number {
    this.#shared.prepareRead();
    return this.#shared.version() ?? UNKNOWN_STATE;
  }
}

function listedRequest(request: SearchRequest): SearchRequest {
  const { candidates } = request.lists ?? {};
  return candidates === undefined ? request : { ...request, candidates };
}

/** Refuses options that belong to an approximate search. */
export function refuseWithoutLists(owner: string, mode: string | undefined, given: object): void {
  if (mode === 'approximate') return;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    throw new InvalidArgument(`${owner}: ${name} is ${value}, which belongs to mode: 'approximate'; leave it out`);
  }
}
