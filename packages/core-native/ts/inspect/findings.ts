import { KohakuVaultError } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';

/** The number of problems that are reported in full; a damaged file has thousands. */
const REPORTED = 20;
/** After this many more, verifying stops: they say nothing new, and a crafted file has them without end. */
const ENOUGH = 1_000;

/** What verifying one table, column or file found. */
export class Findings {
  /** What was verified, such as `column loss`. */
  readonly what: string;
  /** How much was verified, such as `3 keys`. Empty until the end. */
  checked = '';
  readonly problems: string[] = [];
  /** The number of problems beyond those in `problems`. */
  more = 0;
  /** Remarks that are not damage. */
  readonly notes: string[] = [];

  constructor(what: string) {
    this.what = what;
  }

  get isSound(): boolean {
    return this.problems.length === 0;
  }

  /** Whether there are so many problems that verifying should stop. */
  get isFull(): boolean {
    return this.more >= ENOUGH;
  }

  problem(text: string): void {
    if (this.problems.length < REPORTED) this.problems.push(text);
    else this.more++;
  }

  note(text: string): void {
    this.notes.push(text);
  }
}

/** Errors that describe the moment or the installation, not the file. */
const NOT_DAMAGE: readonly string[] = ['KV_BUSY', 'KV_IO', 'KV_NATIVE_MISSING', 'KV_RUNTIME_UNSUPPORTED'];

/** Runs a check. An error that describes the file becomes a problem and ends the check. */
export function examine(what: string, check: (findings: Findings) => void): Findings {
  const findings = new Findings(what);
  try {
    check(findings);
  } catch (error) {
    findings.problem(problemOf(error));
  }
  return findings;
}

/** Returns what an error says about the file. Throws any other error again. */
export function problemOf(error: unknown): string {
  const translated = fromBetterSqlite3(error);
  if (!(translated instanceof KohakuVaultError) || NOT_DAMAGE.includes(translated.code)) throw translated;
  return translated.message;
}
