import { ByteWalk } from './byte-walk.ts';
import { UnknownStructure } from './record-engine.ts';

/** Refuses CBOR that has more than plain data and records with known structures. */
export function checkCbor(bytes: Buffer, structures: readonly (readonly string[])[]): void {
  new CborWalk(bytes, structures).all();
}

const Major = { bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const DATE = 1;
/** The tag of the structure 0. */
const FIRST_STRUCTURE = 0xe000;

class CborWalk extends ByteWalk {
  protected override value(depth: number): void {
    const first = this.uint(1);
    const major = first >> 5;
    if (major === Major.simple) {
      this.#simple(first & 0x1f);
      return;
    }
    const argument = this.#argument(first & 0x1f);
    switch (major) {
      case Major.bytes:
        this.skip(argument);
        break;
      case Major.text:
        this.text(argument);
        break;
      case Major.array:
        this.values(argument, depth);
        break;
      case Major.map:
        this.entries(argument, depth);
        break;
      case Major.tag:
        this.#tagged(argument, depth);
        break;
    }
  }

  protected override key(): string {
    const first = this.uint(1);
    return first >> 5 === Major.text
      ? this.text(this.#argument(first & 0x1f))
      : this.foreign('a key that is not a text');
  }

  /** Reads what follows the first byte of a head. A number of 8 bytes is a bigint, and no length. */
  #argument(info: number): number {
    if (info < 24) return info;
    if (info < 27) return this.uint(1 << (info - 24));
    if (info > 27) return this.foreign('an indefinite length');
    const high = this.uint(4);
    return high * 2 ** 32 + this.uint(4);
  }

  #simple(info: number): void {
    if (info >= 20 && info <= 23) return;
    if (info >= 25 && info <= 27) this.skip(1 << (info - 24));
    else this.foreign('a simple value');
  }

  #tagged(tag: number, depth: number): void {
    const first = this.uint(1);
    const major = first >> 5;
    if (tag === DATE) {
      if (major === Major.simple) this.#simple(first & 0x1f);
      else if (major === 0) this.#argument(first & 0x1f);
      else this.foreign('a date that is not a number');
      return;
    }
    if (tag < FIRST_STRUCTURE || tag > 0xffff) this.foreign(`the tag ${tag}`);
    const structure = this.structures[tag - FIRST_STRUCTURE];
    if (!structure) throw new UnknownStructure('its structure is not in the file');
    const count = major === Major.array ? this.#argument(first & 0x1f) : -1;
    if (count < 0 || count > structure.length) this.foreign('a record that is not a list of its values');
    this.values(count, depth);
  }
}
