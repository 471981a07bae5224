/** The complaints of a check, a line or more each; empty if it passed. */
export type Complaints = readonly string[];

/** Runs checks side by side and prints one line for each, in the order of their start. */
export class Report {
  failed = 0;
  #printed: Promise<void> = Promise.resolve();

  /** Starts a check. It fails if it returns complaints or throws. */
  check(what: string, body: () => Complaints | Promise<Complaints>): void {
    const outcome = complaintsOf(body);
    this.#printed = this.#printed.then(async () => this.#print(what, await outcome));
  }

  /** Starts a check that fails only if it throws. */
  succeeds(what: string, body: () => Promise<unknown>): void {
    this.check(what, async () => {
      await body();
      return [];
    });
  }

  /** Prints a line that is not a check. */
  note(text: string): void {
    this.#printed = this.#printed.then(() => console.log(text));
  }

  /** Waits until every line is printed. */
  async finish(): Promise<void> {
    await this.#printed;
  }

  #print(what: string, complaints: Complaints): void {
    if (complaints.length === 0) {
      console.log(`ok ${what}`);
      return;
    }
    this.failed++;
    console.log(`FAILED ${what}`);
    for (const line of complaints.join('\n').split('\n')) console.log(`  ${line}`);
  }
}

async function complaintsOf(body: () => Complaints | Promise<Complaints>): Promise<Complaints> {
  try {
    return await body();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
