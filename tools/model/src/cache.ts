import type { CacheOptions } from '@kohakuvault/core-native/database';

interface Settings {
  readonly capBytes: number;
  readonly threshold: number;
  readonly autoFlush: boolean;
}

/** The settings of one vault's cache, or of one column's: the newest scope's hold. */
export class Cache {
  #base: Settings | undefined;
  readonly #scopes: Settings[] = [];

  get settings(): Settings | undefined {
    return this.#scopes.at(-1) ?? this.#base;
  }

  get active(): boolean {
    return this.settings !== undefined;
  }

  /** What takes it back is returned. */
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

  /** Whether so many bytes are to be written at once. */
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
