import { CorruptData } from '@kohakuvault/core-native/internal';
import { decodeValue, Encoding, readHeader } from '@kohakuvault/packer/value';
import { plural } from '../terminal/text.ts';
import { type Findings, refusal } from './findings.ts';

/** Decodes stored values one after another and keeps count of those that only Python can. */
export class ValueCheck {
  readonly #findings: Findings;
  #pickles = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  check(stored: Buffer, where: () => string): void {
    if (readHeader(stored)?.id === Encoding.manifest) {
      this.#findings.problem(`${where()}: it is in parts that are not there`);
      return;
    }
    this.attempt(() => decodeValue(stored), where);
  }

  /** The same of a value that is read and decoded in one. */
  attempt(read: () => unknown, where: () => string): void {
    try {
      read();
    } catch (error) {
      // Whether a pickle of a class we do not know is sound, only Python can tell.
      if (error instanceof CorruptData && PYTHONS_OWN.test(error.message)) this.#pickles++;
      else this.#findings.problem(`${where()}: ${refusal(error)}`);
    }
  }

  end(): void {
    if (this.#pickles > 0) this.#findings.note(`${plural(this.#pickles, 'pickle')} that only Python can read`);
  }
}

/** What the reader says of a pickle that is whole as far as it can tell. */
const PYTHONS_OWN = /cannot be decoded: the pickle contains .* which is not read/s;
