/** Stores its value as MessagePack; reading returns the value. */
export class MsgPack<T = unknown> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/** Stores its value as JSON, as Python's json module writes it; reading returns the value. */
export class Json<T = unknown> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/** Stores its value as CBOR; reading returns the value. */
export class Cbor<T = unknown> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/**
 * Stores its value as a pickle that Python loads: null, booleans, numbers and bigints of any size, strings, bytes,
 * arrays (lists), plain objects and Maps (dicts), Sets, typed arrays and tensors (numpy arrays). Reading returns the
 * value.
 */
export class Pickle<T = unknown> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}
