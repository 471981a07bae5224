/**
 * One vault's use of a connection. It does not hold the vault: a vault that is dropped without close is collected, and
 * its lease is ended then.
 */
export class Lease {
  #open = true;
  readonly #hooks: WeakRef<(() => void)[]>;
  readonly #callbacks: (() => void)[] = [];

  /** `hooks` are called before the connection closes, as long as the vault exists. */
  constructor(hooks: (() => void)[]) {
    this.#hooks = new WeakRef(hooks);
  }

  get open(): boolean {
    return this.#open;
  }

  /** Has `callback` called when the lease has ended. The callback must not hold the vault. */
  whenEnded(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** Runs the hooks. One may throw, and all of them may run again after that. */
  beforeEnd(): void {
    for (const hook of this.#hooks.deref() ?? []) hook();
  }

  /** Makes its vault closed, while the use of the connection goes on until `end`. Returns the hooks, for then. */
  close(): readonly (() => void)[] {
    this.#open = false;
    return this.#hooks.deref() ?? [];
  }

  end(): void {
    this.#open = false;
    for (const callback of this.#callbacks) callback();
  }
}
