/** What a handle is once it was given up: the core knows no such one. */
const GIVEN_UP = -1;

/** Gives up what an object held when the object is collected. */
const collected = new FinalizationRegistry<() => void>((giveUp) => giveUp());

/** One object's hold on something of the core: given up once, by `release` or when the object is collected. */
export class Hold {
  /** Every function of the core answers KV_CLOSED to one that was given up. */
  handle: number;
  readonly #release: (handle: number) => void;

  constructor(owner: object, handle: number, release: (handle: number) => void) {
    this.handle = handle;
    this.#release = release;
    // Must not refer to the owner, which would then never be collected.
    collected.register(owner, () => release(handle), this);
  }

  get released(): boolean {
    return this.handle === GIVEN_UP;
  }

  release(): void {
    if (this.released) return;
    collected.unregister(this);
    this.#release(this.handle);
    this.handle = GIVEN_UP;
  }
}
