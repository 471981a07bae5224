import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { fromBetterSqlite3 } from '@kohakuvault/core-native/internal/database';

/** How many problems of one thing are told in full; a damaged file has thousands. */
const TOLD = 20;
/** With so many, more of them would say nothing new, and a file can be made to have them without end. */
const ENOUGH = 1_000;

/** What looking at one thing has brought up. */
export class Findings {
  readonly what: string;
  /** What was looked at, once it has been. */
  checked = '';
  readonly problems: string[] = [];
  /** Problems beyond those that are told. */
  more = 0;
  /** Worth knowing, and no damage. */
  readonly notes: string[] = [];

  constructor(what: string) {
    this.what = what;
  }

  get isSound(): boolean {
    return this.problems.length === 0;
  }

  /** Whether looking further is not worth it any more. */
  get isFull(): boolean {
    return this.more >= ENOUGH;
  }

  problem(text: string): void {
    if (this.problems.length < TOLD) this.problems.push(text);
    else this.more++;
  }

  note(text: string): void {
    this.notes.push(text);
  }
}

/** What every check is given. */
export interface VerifyContext {
  progress(done: number): void;
}

/** Refusals that tell of the moment, not of the file. */
const NO_DAMAGE: readonly string[] = ['KV_BUSY', 'KV_IO', 'KV_NATIVE_MISSING', 'KV_RUNTIME_UNSUPPORTED'];

/** Looks at one thing. What SQLite or the library refuse to read there is a problem of it, and ends the look. */
export function checked(what: string, look: (findings: Findings) => void): Findings {
  const findings = new Findings(what);
  try {
    look(findings);
  } catch (error) {
    findings.problem(refusal(error));
  }
  return findings;
}

/** What a refusal says of the file; anything else goes on its way. */
export function refusal(error: unknown): string {
  const translated = fromBetterSqlite3(error);
  if (!(translated instanceof KohakuVaultError) || NO_DAMAGE.includes(translated.code)) throw translated;
  return translated.message;
}
