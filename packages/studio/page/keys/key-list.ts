import type { KeyCount, KeyEntry, KeyRangeQuery, KeysPage, KeysQuery } from '../../src/api/types.ts';
import { apiAddress, get } from '../client/request.ts';

export interface KeySelection {
  readonly range: KeyRangeQuery;
  readonly reverse: boolean;
  readonly separator: string;
  readonly contains: string;
}

/** Entries of a page. Rows are found by the page they are on, so a page is filled up if the server returned fewer. */
const PAGE = 200;
/** So many pages are kept on each side of what is in view. */
const KEPT_PAGES = 25;

/**
 * The entries of a list of keys, read in pages as they come into view.
 *
 * A list whose length is known can be entered anywhere: a page is found by the end of the page before it, or, after a
 * jump, by counting. With folders or a search the length is not known, and the list grows as its end comes into view.
 */
export class KeyList {
  readonly #file: string;
  readonly #selection: KeySelection;
  readonly #changed: () => void;
  readonly #pages = new Map<number, readonly KeyEntry[]>();
  /** Where each page starts: the `after` of its request. */
  readonly #starts = new Map<number, string>();
  readonly #reading = new Map<number, AbortController>();
  /** What is being read of a state that is not the latest any more. */
  readonly #stale = new Set<number>();
  #counting: Promise<void> | undefined;
  #isCountStale = false;
  #total: number | undefined;
  #isEnded = false;
  #isClosed = false;
  readonly #gone = new AbortController();
  #shown: readonly [number, number] = [0, 0];
  error: unknown;

  constructor(file: string, selection: KeySelection, changed: () => void) {
    this.#file = file;
    this.#selection = selection;
    this.#changed = changed;
    if (this.#isCounted) this.#recount();
    this.#need(0);
  }

  get #isCounted(): boolean {
    return this.#selection.separator === '' && this.#selection.contains === '';
  }

  /** How many rows the list has. Where that is not known, one more than was read, to find the rest. */
  get count(): number {
    if (this.#total !== undefined && this.#isCounted) return this.#total;
    const read = this.#read;
    return this.#isEnded || (read === 0 && this.isReading) ? read : read + (this.#isCounted ? 0 : 1);
  }

  /** Whether `count` is the length of the whole list. */
  get isComplete(): boolean {
    return this.#isCounted ? this.#total !== undefined : this.#isEnded;
  }

  get isReading(): boolean {
    return this.#reading.size > 0;
  }

  get #read(): number {
    let last = -1;
    for (const page of this.#pages.keys()) last = Math.max(last, page);
    return last < 0 ? 0 : last * PAGE + (this.#pages.get(last)?.length ?? 0);
  }

  at(index: number): KeyEntry | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Returns the row of a key that was read. */
  indexOf(key: string): number {
    for (const [page, entries] of this.#pages) {
      const at = entries.findIndex((entry) => entry.kind === 'key' && entry.key === key);
      if (at >= 0) return page * PAGE + at;
    }
    return -1;
  }

  /** Reads what is missing of these rows, and lets go of what is far from them. */
  show(first: number, end: number): void {
    this.#shown = [first, end];
    const from = Math.floor(first / PAGE);
    const to = Math.floor(Math.max(first, end - 1) / PAGE);
    if (this.#isCounted) this.#cancel((page) => page < from - 1 || page > to + 1);
    for (let page = from; page <= to; page++) this.#need(page);
    for (const page of this.#pages.keys()) {
      if (this.#isCounted && (page < from - KEPT_PAGES || page > to + KEPT_PAGES)) this.#pages.delete(page);
    }
  }

  /**
   * Reads again: the file has changed. What is shown stays until it is there. What is being read is not canceled, but
   * read once more after that: otherwise, a file that changes all the time would never be shown.
   */
  renew(): void {
    this.#starts.clear();
    // A list without a length is read from its start.
    const [first, end] = this.#isCounted ? this.#shown : [0, 0];
    const from = Math.floor(first / PAGE);
    const to = Math.floor(Math.max(first, end - 1) / PAGE);
    this.#cancel((page) => page < from || page > to);
    if (!this.#isCounted) {
      this.#isEnded = false;
      for (const page of [...this.#pages.keys()]) if (page > 0) this.#pages.delete(page);
      this.#need(0, true);
      return;
    }
    for (const page of [...this.#pages.keys()]) if (page < from || page > to) this.#pages.delete(page);
    this.#recount();
    for (let page = from; page <= to; page++) this.#need(page, true);
  }

  close(): void {
    this.#isClosed = true;
    this.#gone.abort();
    this.#cancel(() => true);
  }

  #cancel(isMeant: (page: number) => boolean): void {
    for (const [page, controller] of this.#reading) {
      if (!isMeant(page)) continue;
      controller.abort();
      this.#reading.delete(page);
      this.#stale.delete(page);
    }
  }

  /** Counts the keys: at once, or else when they have been counted. */
  #recount(): void {
    this.#isCountStale = true;
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
  }

  async #count(): Promise<void> {
    while (this.#isCountStale && !this.#isClosed) {
      this.#isCountStale = false;
      try {
        const address = apiAddress('keysCount', this.#file, this.#selection.range);
        this.#total = (await get<KeyCount>(address, this.#gone.signal)).count;
      } catch (error) {
        this.error = error;
      }
      this.#tell();
    }
  }

  #need(page: number, again = false): void {
    if (again && this.#reading.has(page)) this.#stale.add(page);
    if (this.#isClosed || this.#reading.has(page) || (!again && this.#pages.has(page))) return;
    if (!this.#isCounted && (this.#isEnded || (page > 0 && !this.#starts.has(page)))) return;
    const controller = new AbortController();
    this.#reading.set(page, controller);
    this.#readPage(page, controller.signal).then(
      (entries) => {
        this.error = undefined;
        this.#finish(page, controller, entries);
      },
      (error) => {
        if (!controller.signal.aborted) this.error = error;
        this.#finish(page, controller, undefined);
      },
    );
  }

  #finish(page: number, controller: AbortController, entries: readonly KeyEntry[] | undefined): void {
    const isOwn = this.#reading.get(page) === controller;
    if (isOwn) this.#reading.delete(page);
    if (entries && !controller.signal.aborted) this.#pages.set(page, entries);
    this.#tell();
    if (!isOwn || !this.#stale.delete(page)) return;
    if (!this.#isCounted) this.#isEnded = false;
    this.#need(page, true);
  }

  async #readPage(page: number, signal: AbortSignal): Promise<readonly KeyEntry[]> {
    const { range, reverse, separator, contains } = this.#selection;
    const entries: KeyEntry[] = [];
    let after = this.#starts.get(page);
    while (entries.length < PAGE) {
      const query: KeysQuery = {
        ...range,
        limit: PAGE - entries.length,
        ...(reverse && { reverse: '1' as const }),
        ...(separator !== '' && { separator }),
        ...(contains !== '' && { contains }),
        ...(after !== undefined && { after }),
        ...(after === undefined && page > 0 && { skip: page * PAGE }),
      };
      const answer = await get<KeysPage>(apiAddress('keys', this.#file, query), signal);
      entries.push(...answer.entries);
      if (answer.next === null) {
        if (!this.#isCounted) this.#isEnded = true;
        return entries;
      }
      after = answer.next;
    }
    if (after !== undefined) this.#starts.set(page + 1, after);
    return entries;
  }

  #tell(): void {
    if (!this.#isClosed) this.#changed();
  }
}
