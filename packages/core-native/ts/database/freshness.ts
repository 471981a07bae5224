import { nativeCore } from '../binding.ts';
import type { ReadSnapshot } from './read-snapshot.ts';

/**
 * Tells whoever keeps in memory what the file holds whether it still holds it.
 *
 * SQLite's `data_version` moves with the commits of other connections; it is looked at once per turn of the reads, which is
 * once per macrotask and at the begin of each transaction. What the user writes themselves on our connection moves
 * `total_changes` and nothing else, so on a connection the user can reach it is compared before and after each write of ours.
 */
export class Freshness {
  readonly #handle: number;
  readonly #reads: ReadSnapshot;
  readonly #binding = nativeCore().binding;
  #version = 0;
  #turn = -1;
  #dataVersion = 0;
  /** `total_changes` after the last write of ours; undefined while nobody but us can write on the connection. */
  #changes: number | undefined;

  constructor(handle: number, reads: ReadSnapshot) {
    this.#handle = handle;
    this.#reads = reads;
  }

  /** Whether somebody but us can write on the connection. */
  get watchesUser(): boolean {
    return this.#changes !== undefined;
  }

  /** From here on the user may write on the connection too. */
  watchUser(): void {
    this.#changes ??= this.#binding.totalChanges(this.#handle);
  }

  /** A number that is the same while nobody but our vaults has changed the file. */
  version(): number {
    if (this.#changes !== undefined) this.#noticeUser();
    const { turn } = this.#reads;
    if (turn !== this.#turn) {
      const dataVersion = this.#binding.dataVersion(this.#handle);
      if (dataVersion !== this.#dataVersion) {
        this.#dataVersion = dataVersion;
        this.#version++;
      }
      this.#turn = turn;
    }
    return this.#version;
  }

  /** What copies hold may no longer be what the file holds. */
  distrust(): void {
    this.#version++;
  }

  /** To be called before each write of ours. */
  beforeWrite(): void {
    if (this.#changes !== undefined) this.#noticeUser();
  }

  /** To be called after each write of ours, also one that failed. */
  afterWrite(): void {
    if (this.#changes !== undefined) this.#changes = this.#binding.totalChanges(this.#handle);
  }

  #noticeUser(): void {
    const changes = this.#binding.totalChanges(this.#handle);
    if (changes === this.#changes) return;
    this.#changes = changes;
    this.#version++;
  }
}
