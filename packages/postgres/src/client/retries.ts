const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises');

/** How often something is tried again, and how long the first pause is, in milliseconds. The pauses double. */
export interface RetryPolicy {
  readonly retries: number;
  readonly backoffBase: number;
}

const LONGEST_PAUSE = 2_000;

/**
 * Runs `attempt` until it succeeds, until it throws what is not worth another try, or until the tries are used up. With
 * `failed`, a first try was made already.
 */
export async function withRetries<T>(
  { retries, backoffBase }: RetryPolicy,
  isWorthRetrying: (error: unknown) => boolean,
  attempt: () => Promise<T>,
  failed?: { readonly error: unknown },
): Promise<T> {
  let failure = failed;
  for (let tried = 0; ; tried++) {
    try {
      if (!failure) return await attempt();
    } catch (error) {
      failure = { error };
    }
    if (failure && (tried >= retries || !isWorthRetrying(failure.error))) throw failure.error;
    failure = undefined;
    // By chance, so that those who were in each other's way do not meet again.
    const longest = Math.min(LONGEST_PAUSE, backoffBase * 2 ** tried);
    await sleep(longest / 2 + (Math.random() * longest) / 2);
  }
}
