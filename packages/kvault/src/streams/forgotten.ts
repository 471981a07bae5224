/** Cleans up after streams that are neither ended nor destroyed: they must not hold a snapshot or a file forever. */
const forgotten = new FinalizationRegistry<() => void>((clean) => clean());

/**
 * Has `clean` called when the stream has been collected, which may be after its end. `clean` must not hold the stream.
 */
export function onForgotten(stream: object, clean: () => void): void {
  forgotten.register(stream, clean);
}
