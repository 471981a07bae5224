import { IoError } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { randomBytes } from '../../values/random-bytes.ts';
import { FileContent } from '../content.ts';
import { NEEDS_NO_NAME } from '../file-identity.ts';
import { SpoolCipher } from '../spool-cipher.ts';

const { closeSync, openSync, readdirSync, rmSync, statSync, write } = process.getBuiltinModule('node:fs');
const { basename, dirname, join } = process.getBuiltinModule('node:path');
const { promisify } = process.getBuiltinModule('node:util');

const writeAt = promisify(write);
const MARK = '-kohakuvault-spool-';

/**
 * A spool file: it is made beside the database, and holds the bytes of a stream until its length is known. Beside a
 * database that may be encrypted, it is encrypted too.
 */
export class Spool {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #cipher: SpoolCipher | undefined;
  #size = 0;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(connection: Connection) {
    const prefix = prefixFor(connection);
    // No vault opens an in-memory database again, so the files that dead processes left are removed here.
    if (isMemory(connection)) removeDead(prefix);
    this.#cipher = connection.shared.mayBeEncrypted ? new SpoolCipher() : undefined;
    this.#path = `${prefix}${process.pid}-${randomBytes(6).toString('hex')}`;
    try {
      this.#descriptor = openSync(this.#path, 'wx+', 0o600);
    } catch (cause) {
      throw failed(this.#path, cause);
    }
    // The file lives on without its name until the descriptor is closed. Node closes those of a worker that is
    // terminated, and the system those of a process that is killed.
    if (NEEDS_NO_NAME) remove(this.#path);
  }

  get size(): number {
    return this.#size;
  }

  /** Appends bytes. Await it before the next call. */
  append(bytes: Uint8Array): Promise<void> {
    const writing = this.#write(bytes);
    this.#last = writing.catch(() => {});
    return writing;
  }

  /** Returns what has been appended. The spool stays open when the content is closed. */
  content(): FileContent {
    const key = this.#cipher?.key;
    return new FileContent({ descriptor: this.#descriptor, path: this.#path, size: this.#size, key }, false);
  }

  /** Removes the file, as soon as no write to it is running. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    closeSync(this.#descriptor);
    remove(this.#path);
  }

  async #write(given: Uint8Array): Promise<void> {
    const bytes = this.#cipher?.apply(given, this.#size) ?? given;
    for (let done = 0; done < bytes.length; ) {
      try {
        const { bytesWritten } = await writeAt(this.#descriptor, bytes, done, bytes.length - done, this.#size);
        done += bytesWritten;
        this.#size += bytesWritten;
      } catch (cause) {
        throw failed(this.#path, cause);
      }
    }
  }
}

/** Removes a file. Some systems refuse it while the file is open; then it is removed when it is closed. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // As said above. What a killed process leaves there is removed when a vault is opened.
  }
}

/** Removes the spool files beside a database that killed processes have left. */
export function removeDeadSpools(connection: Connection): void {
  if (connection.readonly) return;
  const { file } = connection.shared;
  if (file !== '') removeDead(file + MARK);
}

function removeDead(prefix: string): void {
  const folder = dirname(prefix);
  const start = basename(prefix);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // In a folder that may not be listed we cannot remove anything.
  }
  for (const name of names) {
    const pid = name.startsWith(start) ? /^(\d+)-[0-9a-f]+$/.exec(name.slice(start.length))?.[1] : undefined;
    if (pid !== undefined && isDead(Number(pid), join(folder, name))) rmSync(join(folder, name), { force: true });
  }
}

function isDead(pid: number, path: string): boolean {
  // In a container every process may get the same number. A file older than this process belongs to an earlier one.
  if (pid === process.pid) {
    const started = Date.now() - process.uptime() * 1_000;
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? started;
    return modified < started - 2_000;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM means that it runs, for another user.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function isMemory(connection: Connection): boolean {
  return connection.shared.file === '';
}

function prefixFor(connection: Connection): string {
  if (!isMemory(connection)) return connection.shared.file + MARK;
  return join(process.getBuiltinModule('node:os').tmpdir(), 'memory') + MARK;
}

function failed(path: string, cause: unknown): IoError {
  return new IoError(`the spool file ${path} cannot be written: ${(cause as Error).message}`, { cause });
}
