import type { StructureList } from '@kohakuvault/packer/value';

/** The structures of a file, in memory. Several lists may be of one file. */
export class MemoryStructures implements StructureList {
  readonly #file: string[][];
  readonly #most: number;
  known: readonly (readonly string[])[] = [];
  generation = 0;

  constructor(file: string[][] = [], most = 1_000) {
    this.#file = file;
    this.#most = most;
  }

  accepts(keys: readonly string[]): boolean {
    return this.#file.length < this.#most && keys.length <= 100;
  }

  load(): boolean {
    const before = this.known.length;
    this.known = [...this.#file];
    return this.known.length > before;
  }

  add(wanted: readonly (readonly string[])[]): void {
    const present = new Set(this.#file.map((keys) => JSON.stringify(keys)));
    for (const keys of wanted) if (!present.has(JSON.stringify(keys))) this.#file.push([...keys]);
    this.load();
  }
}
