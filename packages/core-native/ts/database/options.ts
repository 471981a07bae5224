import { checkOptions, describe, type OptionRule, rules } from '../checks/options.ts';
import { InvalidArgument } from '../errors/errors.ts';
import { DRIVER_NAMES, type Driver } from './driver.ts';
import { type Cipher, type EncryptionKey, isKey, KEY_EXPECTED } from './encryption.ts';

/** How a file is opened. An option that differs from an open connection's is refused, not ignored. */
export interface ConnectionOptions {
  /** Opens for reading only; the file must exist. Default false. */
  readonly?: boolean | undefined;
  /**
   * Treats the file as one of strangers: opens it readonly, runs no SQL of its schema, refuses triggers, views and other
   * objects that could, and refuses lengths that the file cannot have. Default false.
   */
  untrusted?: boolean | undefined;
  /** How often a step is repeated that SQLite refuses at once (a stale snapshot, a lock cycle). Default 4. */
  retries?: number | undefined;
  /** The first pause between such tries in milliseconds; each next one is twice as long. Default 20. */
  backoffBase?: number | undefined;
  /** The whole wait for a busy file in milliseconds. Default 5,000. */
  busyTimeout?: number | undefined;
  /** Puts the file into WAL mode; false leaves its mode as it is. Default true. */
  enableWal?: boolean | undefined;
  /**
   * Bytes of a database page in a new file: a power of two from 512 to 65,536. Default 8,192. A file that exists keeps
   * its own.
   */
  pageSize?: number | undefined;
  /**
   * The most bytes of the file that are mapped into memory: at most 2 GiB. Default: as much as SQLite can. On a network
   * file system nothing is mapped by default.
   */
  mmapSize?: number | undefined;
  /** SQLite's page cache in KiB. Default 100,000. */
  cacheKb?: number | undefined;
  /** When SQLite waits for the disk. Default 'normal': in WAL mode, a crashed process loses nothing. */
  synchronous?: 'off' | 'normal' | 'full' | 'extra' | undefined;
  /** The length in bytes to which a longer WAL is cut, once nobody needs it any more. Default 64 MiB. */
  walSizeLimit?: number | undefined;
  /**
   * The length of the WAL in bytes at which a warning `KV_WAL_LARGE` is emitted, and again whenever it has doubled.
   * Default 256 MiB; 0: never.
   */
  walWarningSize?: number | undefined;
  /**
   * Milliseconds without a commit after which the WAL is moved into the file, if it has more than 125 database pages
   * for that, or is longer than `walSizeLimit`. Default 2,000; 0: never.
   */
  idleCheckpoint?: number | undefined;
  /**
   * Who moves the WAL into the file: 'own' commits, pauses and the last `close`, or 'external', a program that replicates
   * the WAL, such as Litestream. All processes on the file must say 'external' then: with 'own', a replica may be
   * damaged if Litestream ends while they write. Default 'own'.
   */
  checkpointing?: 'own' | 'external' | undefined;
  /**
   * The SQLite that opens a path: the name of a package, or the class that it exports. Default 'better-sqlite3'. A
   * process has only one SQLite.
   */
  driver?: Driver | undefined;
  /**
   * The key of an encrypted file, for a driver that encrypts: a passphrase, or bytes. For a `Database` that you have
   * opened with this key, further connections use it.
   */
  key?: EncryptionKey | undefined;
  /** The cipher of the file: its name, or the pragmas that choose and configure it. Default: the driver's own. */
  cipher?: Cipher | undefined;
  /** Whether a file in WAL mode on a network file system causes the warning `KV_NETWORK_FILE`. Default true. */
  networkWarning?: boolean | undefined;
}

/** The options that say how the file is reached. They are not settings that an open connection could show. */
export type ReachOptions = Pick<ConnectionOptions, (typeof REACH)[number]>;
const REACH = ['driver', 'key', 'cipher'] as const;

type Setting = Exclude<keyof ConnectionOptions, keyof ReachOptions>;
export type ResolvedOptions = { [Name in Setting]-?: NonNullable<ConnectionOptions[Name]> };

/** Options that were checked, without those that are undefined. */
export type GivenOptions = Partial<ResolvedOptions>;

/**
 * The most that SQLite maps of a file. Addresses cost nothing, except where there are few of them; memory is used only
 * for what is read, and the system takes it back when it needs it.
 */
const DEFAULT_MAP = ['arm', 'ia32', 'mips', 'mipsel'].includes(process.arch) ? 256 * 1024 * 1024 : 0x7fff0000;

export const DEFAULTS: ResolvedOptions = {
  readonly: false,
  untrusted: false,
  retries: 4,
  backoffBase: 20,
  busyTimeout: 5_000,
  enableWal: true,
  pageSize: 8_192,
  mmapSize: DEFAULT_MAP,
  cacheKb: 100_000,
  synchronous: 'normal',
  walSizeLimit: 64 * 1024 * 1024,
  walWarningSize: 256 * 1024 * 1024,
  idleCheckpoint: 2_000,
  checkpointing: 'own',
  networkWarning: true,
};

const MOST_MILLISECONDS = 0x7fffffff;

const CONNECTION_RULES: Record<keyof ConnectionOptions, OptionRule> = {
  readonly: rules.boolean,
  untrusted: rules.boolean,
  retries: rules.wholeNumber(0, 1_000),
  backoffBase: rules.wholeNumber(0, MOST_MILLISECONDS),
  busyTimeout: rules.wholeNumber(0, MOST_MILLISECONDS),
  enableWal: rules.boolean,
  pageSize: {
    expected: 'a power of two from 512 to 65536',
    accepts: (value) => [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536].includes(value as number),
  },
  mmapSize: rules.wholeNumber(0),
  cacheKb: rules.wholeNumber(0, MOST_MILLISECONDS),
  synchronous: rules.oneOf('off', 'normal', 'full', 'extra'),
  walSizeLimit: rules.wholeNumber(0),
  walWarningSize: rules.wholeNumber(0),
  idleCheckpoint: rules.wholeNumber(0, MOST_MILLISECONDS),
  checkpointing: rules.oneOf('own', 'external'),
  driver: {
    expected: `${DRIVER_NAMES.map((name) => `'${name}'`).join(' or ')}, or the class that such a package exports`,
    accepts: (value) => typeof value === 'function' || DRIVER_NAMES.includes(value as string),
  },
  key: {
    expected: KEY_EXPECTED,
    accepts: isKey,
  },
  cipher: {
    expected: 'the name of a cipher, or pragmas and their values',
    accepts: (value) =>
      (typeof value === 'string' && value !== '') ||
      (typeof value === 'object' && value !== null && !Array.isArray(value)),
  },
  networkWarning: rules.boolean,
};

/** The options of one kind of vault, beside those of its connection. */
type OwnOptions<Options extends ConnectionOptions> = Omit<Options, keyof ConnectionOptions>;

/**
 * Checks the options of a vault, and separates its own from those of its connection. Every option of its own needs a
 * rule.
 */
export function splitOptions<Options extends ConnectionOptions>(
  owner: string,
  options: Options | undefined,
  ownRules: Record<keyof OwnOptions<Options>, OptionRule>,
): { own: Partial<OwnOptions<Options>>; connection: ConnectionOptions } {
  checkOptions(owner, options, { ...ownRules, ...CONNECTION_RULES });
  const pick = (names: string[]) => Object.fromEntries(names.map((name) => [name, Reflect.get(options ?? {}, name)]));
  return {
    own: pick(Object.keys(ownRules)) as Partial<OwnOptions<Options>>,
    connection: pick(Object.keys(CONNECTION_RULES)),
  };
}

/** The options for a connection that the user opened: how long our own calls on it wait. */
const OURS_ON_ANY_CONNECTION: readonly string[] = ['retries', 'backoffBase'];

export function checkConnectionOptions(options: ConnectionOptions | undefined): {
  given: GivenOptions;
  reach: ReachOptions;
} {
  checkOptions('openDatabase', options, CONNECTION_RULES);
  const { driver, key, cipher, ...settings } = options ?? {};
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { given, reach: { driver, key, cipher } };
}

/** Refuses an option that differs from an open connection's. `opened` names that connection. */
export function refuseOtherOptions(given: GivenOptions, present: ResolvedOptions, opened: string): void {
  for (const [name, value] of Object.entries(given)) {
    const open = present[name as keyof ResolvedOptions];
    if (value !== open) {
      throw new InvalidArgument(
        `${name} must be ${describe(open)}, as on ${opened}, got ${describe(value)}; ` +
          'leave it out, or pass the same value',
      );
    }
  }
}

/** Refuses options that only the code that opened a `Database` can choose. */
export function refuseForeignOptions(given: GivenOptions, present: ResolvedOptions): void {
  for (const [name, value] of Object.entries(given)) {
    if (OURS_ON_ANY_CONNECTION.includes(name)) continue;
    if ((name === 'readonly' || name === 'untrusted') && value === present[name]) continue;
    throw new InvalidArgument(
      `${name} cannot be ${describe(value)} for a Database that you opened; set it there (new Database(...), pragma)`,
    );
  }
}
