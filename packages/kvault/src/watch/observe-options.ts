export interface ObserveOptions {
  /** Ends the iteration, which throws its reason. */
  signal?: AbortSignal | undefined;
}
