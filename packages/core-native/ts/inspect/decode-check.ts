import { detailOf } from '../errors/error-detail.ts';
import { isError } from '../realms/any-realm.ts';
import { plural } from '../text/plain.ts';
import { type Findings, problemOf } from './findings.ts';

/** Decodes stored values, reports those that fail, and counts the pickles that only Python can read. */
export class DecodeCheck {
  readonly #findings: Findings;
  #pickles = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Runs a function that decodes one value. */
  decode(decode: () => unknown, where: () => string): void {
    try {
      decode();
    } catch (error) {
      // Only Python can tell whether a pickle of an unknown class is sound.
      if (isUnreadPickle(error)) this.#pickles++;
      else this.#findings.problem(`${where()}: ${problemOf(error)}`);
    }
  }

  end(): void {
    if (this.#pickles > 0) this.#findings.note(`${plural(this.#pickles, 'pickle')} that only Python can read`);
  }
}

function isUnreadPickle(error: unknown): boolean {
  for (let one: unknown = error; isError(one); one = one.cause) if (detailOf(one) === 'unread-pickle') return true;
  return false;
}
