import { nativeCore } from '@kohakuvault/core-native/internal';
import { type Connection, connectionOf, type Database } from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import type { BytesVault } from './formats.ts';

/** How many connections are kept for the next snapshots. */
const MOST_IDLE = 4;

/** One state of the table, which stays while others write. Several may be held at once. */
export interface State {
  readonly vault: BytesVault;
  /** Lets the state go. */
  end(): void;
}

/** A connection of its own, which only reads. */
interface Reader {
  readonly database: Database;
  readonly handle: number;
  readonly vault: BytesVault;
}

/** Holds states of one table, each in a read transaction of a connection of its own. */
export class States {
  readonly #vault: BytesVault;
  readonly #connection: Connection;
  readonly #options: { readonly table: string; readonly keyEncoding: 'bytes'; readonly valueEncoding: 'binary' };
  readonly #idle: Reader[] = [];
  readonly #held = new Set<State>();
  /** Whether a reader and a writer do not disturb each other: the file is in WAL mode. */
  readonly #isShared: boolean;

  constructor(vault: BytesVault) {
    this.#vault = vault;
    this.#connection = vault[connectionOf];
    this.#options = { table: vault.table, keyEncoding: 'bytes', valueEncoding: 'binary' };
    const journal = () => this.#connection.query<string>('PRAGMA journal_mode', { pluck: true }).get();
    this.#isShared = this.#connection.shared.file !== '' && journal() === 'wal';
  }

  /** Holds the state as it is now, with what is pending in a cache. */
  hold(): State {
    this.#vault.flushCache();
    return this.#isShared ? this.#holdInFile() : this.#copy();
  }

  /** Ends all states and closes their connections. */
  close(): void {
    for (const state of [...this.#held]) state.end();
    for (const { database } of this.#idle.splice(0)) database.close();
  }

  #holdInFile(): State {
    const reader = this.#idle.pop() ?? this.#open();
    const { binding } = nativeCore();
    try {
      this.#connection.read(() => binding.holdSnapshot(reader.handle));
    } catch (error) {
      reader.database.close();
      throw error;
    }
    return this.#register(reader.vault, () => {
      binding.releaseSnapshot(reader.handle);
      if (this.#idle.length < MOST_IDLE) this.#idle.push(reader);
      else reader.database.close();
    });
  }

  #open(): Reader {
    const database = this.#connection.read(() => this.#connection.shared.openAgain({ readonly: true }));
    try {
      const vault: BytesVault = new KVault(database, this.#options);
      return { database, handle: vault[connectionOf].handle, vault };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Copies the entries: a second connection would not see a vault in memory, or would keep others from writing. */
  #copy(): State {
    const vault: BytesVault = new KVault(':memory:', this.#options);
    vault.setMany(this.#vault.toArray());
    return this.#register(vault, () => vault.close());
  }

  #register(vault: BytesVault, letGo: () => void): State {
    const state: State = {
      vault,
      end: () => {
        if (this.#held.delete(state)) letGo();
      },
    };
    this.#held.add(state);
    return state;
  }
}
