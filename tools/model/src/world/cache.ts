import type { CacheOptions } from '@kohakuvault/core-native/database';

interface Settings {
  readonly capBytes: number;
  readonly threshold: number;
  readonly autoFlush: boolean;
}

/** The settings of a vault's or a column's cache. Those of the newest scope are in force. */
export class Cache {
  #base: Settings | undefined;
  readonly #scopes: Settings[] = [];

  get settings(): Settings | undefined {
    return this.#scopes.at(-1) ?? this.#base;
  }

  get active(): boolean {
    return this.settings !== undefined;
  }

  /** Adds settings, and returns what removes them. */
  enable(options: CacheOptions): () => void {
    return this.#become(settingsOf(options));
  }

  disable(): () => void {
    return this.#become(undefined);
  }

  #become(settings: Settings | undefined): () => void {
    const before = this.#base;
    this.#base = settings;
    return () => {
      this.#base = before;
    };
  }

  open(options: CacheOptions): () => void {
    const settings = settingsOf(options);
    this.#scopes.push(settings);
    return () => {
      this.#scopes.splice(this.#scopes.indexOf(settings), 1);
    };
  }

  /** Returns whether this number of pending bytes must be written at once. */
  isDue(bytes: number): boolean {
    const { settings } = this;
    return settings?.autoFlush === true && bytes >= settings.threshold;
  }

  isBeyond(bytes: number): boolean {
    return this.settings !== undefined && bytes > this.settings.capBytes;
  }
}

function settingsOf({ capBytes = 64 * 2 ** 20, flushThreshold, autoFlush = true }: CacheOptions): Settings {
  return { capBytes, threshold: Math.min(capBytes, flushThreshold ?? Math.ceil(capBytes / 4)), autoFlush };
}
