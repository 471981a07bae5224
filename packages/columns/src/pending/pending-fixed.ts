import type { ElementInfo, TypedArray } from '@kohakuvault/packer';
import type { EncodedBlock } from '../layout.ts';
import type { PendingElements, PendingMark } from './pending-elements.ts';

const LEAST_ELEMENTS = 64;

/** Pending elements of one size, back to back. */
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
    this.#rounds = element?.type === 'f32' || element?.type === 'f64';
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#count * this.#elemSize;
  }

  addNumber(value: unknown): boolean {
    if (typeof value !== this.#typeOfValues) return false;
    this.#reserve(this.#count + 1);
    const values = this.#values as TypedArray;
    values[this.#count] = value as number;
    const stored = values[this.#count];
    // Whatever did not go in as it is may be wrong, or be no more than rounded; the codec knows.
    if (stored !== value && !(this.#rounds && (Number.isNaN(value) || Number.isFinite(stored)))) return false;
    this.#count++;
    return true;
  }

  add(element: Buffer): void {
    this.#reserve(this.#count + 1);
    this.#bytes.set(element, this.bytes);
    this.#count++;
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
    if (this.#marked) this.#take(this.#bytes.subarray(0, this.bytes), this.#count);
    this.#bytes.set(data, start * this.#elemSize);
  }

  splice(start: number, deleteCount: number, { count, data }: EncodedBlock): void {
    if (!this.#marked && count === 0 && start + deleteCount === this.#count) {
      this.#count = start;
      return;
    }
    const parts = [this.#part(0, start), data, this.#part(start + deleteCount, this.#count)];
    const after = this.#count + count - deleteCount;
    this.#take(Buffer.concat(parts), after);
    this.#count = after;
  }

  clear(): void {
    this.#count = 0;
    this.#take(Buffer.alloc(0), 0);
  }

  mark(): PendingMark {
    this.#marked = true;
    return { items: this.#bytes, count: this.#count, bytes: this.bytes };
  }

  restore({ items, count }: PendingMark): void {
    this.#count = count;
    this.#use(items as Buffer);
    this.#marked = true;
  }

  #part(start: number, end: number): Buffer {
    return this.#bytes.subarray(start * this.#elemSize, end * this.#elemSize);
  }

  #reserve(count: number): void {
    const room = this.#bytes.length / this.#elemSize;
    if (count > room) this.#take(this.#bytes.subarray(0, this.bytes), Math.max(LEAST_ELEMENTS, count, room * 2));
  }

  /** Goes on with a copy of these bytes, with room for so many elements. */
  #take(bytes: Buffer, room: number): void {
    const copy = Buffer.allocUnsafeSlow(room * this.#elemSize);
    copy.set(bytes);
    this.#use(copy);
    this.#marked = false;
  }

  #use(bytes: Buffer): void {
    this.#bytes = bytes;
    const { array, size } = this.#element ?? {};
    this.#values =
      array && size ? new array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / size) : undefined;
  }
}
