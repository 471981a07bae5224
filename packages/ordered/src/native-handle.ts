/** The number of a released handle. The core does not know it. */
const RELEASED = -1;

/** Releases the handle of an object when the object is collected. */
const collected = new FinalizationRegistry<() => void>((release) => release());

/** An object's handle in the core. It is released once, by `release` or when the object is collected. */
export class NativeHandle {
  /** The number for calls of the core. They throw KV_CLOSED when it is released. */
  number: number;
  readonly #release: (number: number) => void;

  constructor(owner: object, number: number, release: (number: number) => void) {
    this.number = number;
    this.#release = release;
    // The callback must not refer to the owner, which would then never be collected.
    collected.register(owner, () => release(number), this);
  }

  get released(): boolean {
    return this.number === RELEASED;
  }

  release(): void {
    if (this.released) return;
    collected.unregister(this);
    this.#release(this.number);
    this.number = RELEASED;
  }
}
