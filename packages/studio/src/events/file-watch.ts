import { statSync } from 'node:fs';
import { problemOfError, StudioError } from '../api/studio-error.ts';
import type { StudioEvent } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';

/** The file is looked at so often while somebody listens, in milliseconds. It costs two calls of the system. */
const EVERY = 250;

type Listener = (event: StudioEvent) => void;

/** Tells when any program changes a file, and when the file has gone. */
export class FileWatch {
  readonly #id: string;
  readonly #file: VaultFile;
  /** The path, and the identity that the file had when it was opened; empty if nobody else can open it. */
  readonly #path: string;
  readonly #identity: string | undefined;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | undefined;
  #version = '';
  #isGone = false;

  constructor(id: string, file: VaultFile) {
    this.#id = id;
    this.#file = file;
    this.#path = file.connection.shared.file;
    this.#identity = identityOf(this.#path);
  }

  /** Throws if the file was deleted, moved or replaced: what is read then is not what others see. */
  checkPresent(): void {
    const message = this.#missing();
    if (message !== undefined) throw new StudioError('STUDIO_GONE', message);
  }

  version(): string {
    return this.#file.version();
  }

  /** Calls a listener for each event until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#version = this.#versionOrEmpty();
      this.#timer = setInterval(() => this.#look(), EVERY);
      this.#timer.unref();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const file = this.#id;
    const message = this.#missing();
    if (message !== undefined) {
      if (!this.#isGone) this.#tell({ type: 'gone', file, message });
      this.#isGone = true;
      return;
    }
    try {
      const version = this.#file.version();
      if (version === this.#version) return;
      this.#version = version;
      const [bytes, walBytes] = [sizeOf(this.#path), sizeOf(`${this.#path}-wal`)];
      this.#tell({ type: 'changed', file, version, bytes, walBytes, at: Date.now() });
    } catch (error) {
      const problem = problemOfError(error);
      // Of a file that stays damaged, it is told once.
      if (this.#version !== problem.message) this.#tell({ type: 'problem', file, problem });
      this.#version = problem.message;
    }
  }

  #versionOrEmpty(): string {
    try {
      return this.#file.version();
    } catch {
      return '';
    }
  }

  #missing(): string | undefined {
    if (this.#identity === undefined) return undefined;
    const now = identityOf(this.#path);
    if (now === this.#identity) return undefined;
    return now === undefined
      ? `${this.#path} was deleted or moved while it was open; put it back and start the Studio again`
      : `${this.#path} was replaced by another file while it was open; start the Studio again`;
  }

  #tell(event: StudioEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function identityOf(path: string): string | undefined {
  if (path === '') return undefined;
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
