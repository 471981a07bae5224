import { size } from './text.ts';

export interface ProgressOptions {
  /** The activity, such as `importing`. */
  readonly label: string;
  /** The total amount, if it is known. */
  readonly total?: number;
  readonly unit: 'bytes' | 'items';
}

const EVERY_MILLISECONDS = 100;
const BAR = 24;

/** A progress bar on stderr. It appears only on a terminal, and disappears at the end. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #options: ProgressOptions;
  readonly #shows: boolean;
  #drawn = performance.now();
  #visible = false;

  constructor(stream: NodeJS.WriteStream, options: ProgressOptions, quiet: boolean) {
    this.#stream = stream;
    this.#options = options;
    this.#shows = stream.isTTY === true && !quiet;
  }

  update(done: number, total = this.#options.total): void {
    if (!this.#shows) return;
    // The first update waits too, so that quick commands show no bar.
    const now = performance.now();
    if (now - this.#drawn < EVERY_MILLISECONDS) return;
    this.#drawn = now;
    this.#visible = true;
    this.#stream.write(`\r${this.#text(done, total).slice(0, (this.#stream.columns || 80) - 1)}\u001b[K`);
  }

  end(): void {
    if (this.#visible) this.#stream.write('\r\u001b[K');
    this.#visible = false;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #text(done: number, total: number | undefined): string {
    const { label, unit } = this.#options;
    const amount = (number: number) => (unit === 'bytes' ? size(number) : number.toLocaleString('en'));
    if (!total) return `${label}  ${amount(done)}`;
    const part = Math.min(1, done / total);
    const full = Math.round(part * BAR);
    const bar = '█'.repeat(full) + '░'.repeat(BAR - full);
    return `${label}  ${bar} ${Math.floor(part * 100)}%  ${amount(done)} of ${amount(total)}`;
  }
}
