/**
 * One vault's hold on a connection. It does not hold the vault: one that is dropped without close is found out by that, and its
 * lease is ended for it.
 */
export class Lease {
  #open = true;
  readonly #hooks: WeakRef<(() => void)[]>;
  readonly #departures: (() => void)[] = [];

  /** `hooks` are called before the connection closes, for as long as the vault is there. */
  constructor(hooks: (() => void)[]) {
    this.#hooks = new WeakRef(hooks);
  }

  get open(): boolean {
    return this.#open;
  }

  /** Has `leave` called when the lease has ended. It must not hold the vault. */
  whenEnded(leave: () => void): void {
    this.#departures.push(leave);
  }

  /** Whatever must happen first; may throw, and may be called again after another one has thrown. */
  beforeEnd(): void {
    for (const hook of this.#hooks.deref() ?? []) hook();
  }

  end(): void {
    this.#open = false;
    for (const leave of this.#departures) leave();
  }
}
