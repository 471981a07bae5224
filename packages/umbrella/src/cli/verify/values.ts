import { KohakuVaultError } from '@kohakuvault/core-native';
import { decodeValue, Encoding, readHeader } from '@kohakuvault/packer/value';
import { plural } from '../terminal/text.ts';
import type { Findings } from './findings.ts';

/** Decodes stored values one after another and keeps count of those that are none. */
export class ValueCheck {
  readonly #findings: Findings;
  #pickles = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  check(stored: Buffer, where: () => string): void {
    try {
      decodeValue(stored);
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      // Whether a pickle of a class we do not know is sound, only Python can tell.
      if (readHeader(stored)?.id === Encoding.pickle) this.#pickles++;
      else this.#findings.problem(`${where()}: ${error.message}`);
    }
  }

  end(): void {
    if (this.#pickles > 0) this.#findings.note(`${plural(this.#pickles, 'pickle')} that only Python can read`);
  }
}
