/** How many problems of one thing are told in full; a damaged file has thousands. */
const TOLD = 20;

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
