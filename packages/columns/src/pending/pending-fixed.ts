import type { ElementInfo, TypedArray } from '@kohakuvault/packer';
import type { EncodedBlock } from '../elements/encoded-block.ts';
import type { PendingElements, PendingMark } from './pending-elements.ts';

const MIN_ELEMENTS = 64;

/** Pending elements of fixed size, back to back. */
export class PendingFixed implements PendingElements {
  readonly #elemSize: number;
  readonly #element: ElementInfo | undefined;
  readonly #typeOfValues: 'number' | 'bigint' | undefined;
  readonly #rounds: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #values: TypedArray | undefined;
  #count = 0;
  #marked = false;

  constructor(elemSize: number, element: ElementInfo | undefined) {
    this.#elemSize = elemSize;
    this.#element = element;
    if (element) this.#typeOfValues = element.type === 'i64' || element.type === 'u64' ? 'bigint' : 'number';
    this.#rounds = element?.type.startsWith('f') === true;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#count * this.#elemSize;
  }

  addNumber(value: unknown): boolean {
    if (typeof value !== this.#typeOfValues) return false;
    const at = this.#count;
    if (this.#values === undefined || at >= this.#values.length) this.#reserve(at + 1);
    const values = this.#values as TypedArray;
    values[at] = value as number;
    const stored = values[at];
    // A value that reads back differently was rounded or does not fit; the codec decides.
    if (stored !== value && !(this.#rounds && (Number.isNaN(value) || Number.isFinite(stored)))) return false;
    this.#count = at + 1;
    return true;
  }

  append({ count, data }: EncodedBlock): void {
    this.#reserve(this.#count + count);
    this.#bytes.set(data, this.bytes);
    this.#count += count;
  }

  read(start: number, end: number): EncodedBlock {
    return { count: end - start, data: Buffer.from(this.#part(start, end)) };
  }

  at(index: number): Buffer {
    return this.#part(index, index + 1);
  }

  write(start: number, { data }: EncodedBlock): void {
    if (this.#marked) this.#copy(this.#bytes.subarray(0, this.bytes), this.#count);
    this.#bytes.set(data, start * this.#elemSize);
  }

  splice(start: number, deleteCount: number, { count, data }: EncodedBlock): void {
    if (!this.#marked && count === 0 && start + deleteCount === this.#count) {
      this.#count = start;
      return;
    }
    const parts = [this.#part(0, start), data, this.#part(start + deleteCount, this.#count)];
    const after = this.#count + count - deleteCount;
    this.#copy(Buffer.concat(parts), after);
    this.#count = after;
  }

  clear(): void {
    this.#count = 0;
    this.#copy(Buffer.alloc(0), 0);
  }

  mark(): PendingMark {
    this.#marked = true;
    return { items: this.#bytes, count: this.#count, bytes: this.bytes };
  }

  restore({ items, count }: PendingMark): void {
    this.#count = count;
    this.#adopt(items as Buffer);
    this.#marked = true;
  }

  #part(start: number, end: number): Buffer {
    return this.#bytes.subarray(start * this.#elemSize, end * this.#elemSize);
  }

  #reserve(count: number): void {
    const room = this.#bytes.length / this.#elemSize;
    if (count > room) this.#copy(this.#bytes.subarray(0, this.bytes), Math.max(MIN_ELEMENTS, count, room * 2));
  }

  /** Replaces the memory by a copy of these bytes, with room for so many elements. */
  #copy(bytes: Buffer, room: number): void {
    const copy = Buffer.allocUnsafeSlow(room * this.#elemSize);
    copy.set(bytes);
    this.#adopt(copy);
    this.#marked = false;
  }

  #adopt(bytes: Buffer): void {
    this.#bytes = bytes;
    const { array, size } = this.#element ?? {};
    this.#values =
      array && size ? new array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / size) : undefined;
  }
}
