import { ByteWalk } from './byte-walk.ts';
import { UnknownStructure } from './record-engine.ts';

/** Refuses MessagePack that has more than plain data and records with known structures. */
export function checkMsgpack(bytes: Buffer, structures: readonly (readonly string[])[]): void {
  new MsgpackWalk(bytes, structures).all();
}

/** The extension of dates. */
const DATE = 0xff;

class MsgpackWalk extends ByteWalk {
  protected override value(depth: number): void {
    const first = this.uint(1);
    if (first < 0x40 || first >= 0xe0) return;
    if (first < 0x80) this.#record(first, depth);
    else if (first < 0x90) this.entries(first & 0x0f, depth);
    else if (first < 0xa0) this.values(first & 0x0f, depth);
    else if (first < 0xc0) this.text(first & 0x1f);
    else this.#other(first, depth);
  }

  protected override key(): string {
    const first = this.uint(1);
    if (first >= 0xa0 && first < 0xc0) return this.text(first & 0x1f);
    if (first >= 0xd9 && first <= 0xdb) return this.text(this.uint(1 << (first - 0xd9)));
    return this.foreign('a key that is not a text');
  }

  #record(first: number, depth: number): void {
    const low = first & 0x3f;
    const structure = this.structures[low < 32 ? low : low + (this.uint(1) << 5)];
    if (!structure) throw new UnknownStructure('its structure is not in the file');
    this.values(structure.length, depth);
  }

  #other(first: number, depth: number): void {
    switch (first) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        this.skip(this.uint(1 << (first - 0xc4)));
        return;
      case 0xc7:
        this.#date(this.uint(1) === 12, 12);
        return;
      case 0xca:
        this.skip(4);
        return;
      case 0xcb:
        this.skip(8);
        return;
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        this.skip(1 << (first - 0xcc));
        return;
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        this.skip(1 << (first - 0xd0));
        return;
      case 0xd4:
        // undefined
        if (this.uint(2) !== 0) this.foreign('an extension');
        return;
      case 0xd6:
        this.#date(true, 4);
        return;
      case 0xd7:
        this.#date(true, 8);
        return;
      case 0xd9:
      case 0xda:
      case 0xdb:
        this.text(this.uint(1 << (first - 0xd9)));
        return;
      case 0xdc:
      case 0xdd:
        this.values(this.uint(2 << (first - 0xdc)), depth);
        return;
      case 0xde:
      case 0xdf:
        this.entries(this.uint(2 << (first - 0xde)), depth);
        return;
      default:
        this.foreign('an extension');
    }
  }

  #date(hasLength: boolean, length: number): void {
    if (!hasLength || this.uint(1) !== DATE) this.foreign('an extension');
    this.skip(length);
  }
}
