import type { EncodedBlock } from '../elements/encoded-block.ts';
import type { PendingElements, PendingMark } from './pending-elements.ts';

/** Pending elements of variable size, each in memory of its own. */
export class PendingVariable implements PendingElements {
  #items: Buffer[] = [];
  #bytes = 0;
  #marked = false;

  get count(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  addNumber(): boolean {
    return false;
  }

  #add(element: Buffer): void {
    this.#items.push(element);
    this.#bytes += element.length;
  }

  append(block: EncodedBlock): void {
    for (const item of itemsOf(block)) this.#add(item);
  }

  read(start: number, end: number): EncodedBlock {
    return blockOf(this.#items.slice(start, end));
  }

  at(index: number): Buffer {
    return this.#items[index] as Buffer;
  }

  write(start: number, block: EncodedBlock): void {
    this.splice(start, block.count, block);
  }

  splice(start: number, deleteCount: number, block: EncodedBlock): void {
    if (this.#marked) this.#items = [...this.#items];
    this.#marked = false;
    const items = itemsOf(block);
    const shared = Math.min(items.length, deleteCount);
    for (let index = 0; index < shared; index++) {
      this.#bytes += (items[index] as Buffer).length - this.at(start + index).length;
      this.#items[start + index] = items[index] as Buffer;
    }
    const deleted = this.#items.splice(start + shared, deleteCount - shared);
    for (const { length } of deleted) this.#bytes -= length;
    if (items.length === shared) return;
    const after = this.#items.splice(start + shared);
    for (const item of items.slice(shared)) this.#add(item);
    for (const item of after) this.#items.push(item);
  }

  clear(): void {
    this.#items = [];
    this.#bytes = 0;
    this.#marked = false;
  }

  mark(): PendingMark {
    this.#marked = true;
    return { items: this.#items, count: this.#items.length, bytes: this.#bytes };
  }

  restore({ items, count, bytes }: PendingMark): void {
    this.#items = items as Buffer[];
    // Elements added later.
    this.#items.length = count;
    this.#bytes = bytes;
    this.#marked = true;
  }
}

function itemsOf({ count, data, offsets }: EncodedBlock): Buffer[] {
  // Each element is copied: one element must not keep the memory of all.
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(data.subarray(offsets?.[index], offsets?.[index + 1])),
  );
}

/** Joins elements into one block. */
function blockOf(items: readonly Buffer[]): EncodedBlock {
  const offsets = new Float64Array(items.length + 1);
  for (let index = 0; index < items.length; index++) {
    offsets[index + 1] = (offsets[index] as number) + (items[index] as Buffer).length;
  }
  return { count: items.length, data: Buffer.concat(items), offsets };
}
