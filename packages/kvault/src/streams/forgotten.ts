/** Streams that nobody reads or writes to their end, nor destroys, must not hold a snapshot or a file for ever. */
const forgotten = new FinalizationRegistry<() => void>((clean) => clean());

/** Has `clean`, which must not hold the stream, called when the stream has been collected. It may come after its end. */
export function onForgotten(stream: object, clean: () => void): void {
  forgotten.register(stream, clean);
}
