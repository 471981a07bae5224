import { checkOptions, describe, type OptionRule, rules } from '../checks/options.ts';
import { InvalidArgument } from '../errors/errors.ts';

/** How a file is opened. What differs from a connection that is open already is refused, not ignored. */
export interface ConnectionOptions {
  /** Open without the right to write; the file must exist. Default false. */
  readonly?: boolean | undefined;
  /** How often a step that SQLite refuses at once (a snapshot overtaken, a lock cycle) is tried again. Default 4. */
  retries?: number | undefined;
  /** The first pause between such tries in milliseconds; each further one is twice as long. Default 20. */
  backoffBase?: number | undefined;
  /** The whole wait for a busy file in milliseconds. Default 5,000. */
  busyTimeout?: number | undefined;
  /** Put the file into WAL mode. Default true; false leaves the mode the file has. */
  enableWal?: boolean | undefined;
  /** Bytes per page of a new file: a power of two from 512 to 65,536. Default 32,768. */
  pageSize?: number | undefined;
  /** How much of the file may be mapped into memory, in bytes. Default 256 MiB. */
  mmapSize?: number | undefined;
  /** SQLite's page cache in KiB. Default 100,000. */
  cacheKb?: number | undefined;
  /** When SQLite waits for the disk. Default 'normal', which in WAL mode loses nothing to a crashed process. */
  synchronous?: 'off' | 'normal' | 'full' | 'extra' | undefined;
}

export type ResolvedOptions = { [Name in keyof ConnectionOptions]-?: NonNullable<ConnectionOptions[Name]> };

/** Checked, and without the names that were given as undefined. */
export type GivenOptions = Partial<ResolvedOptions>;

export const DEFAULTS: ResolvedOptions = {
  readonly: false,
  retries: 4,
  backoffBase: 20,
  busyTimeout: 5_000,
  enableWal: true,
  pageSize: 32_768,
  mmapSize: 256 * 1024 * 1024,
  cacheKb: 100_000,
  synchronous: 'normal',
};

const MOST_MILLISECONDS = 0x7fffffff;

const CONNECTION_RULES: Record<keyof ConnectionOptions, OptionRule> = {
  readonly: rules.boolean,
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
};

/** The options of one kind of vault, beside those of its connection. */
type OwnOptions<Options extends ConnectionOptions> = Omit<Options, keyof ConnectionOptions>;

/** Checks the options of a vault, and separates its own from those of its connection. Every option of its own needs a rule. */
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

/** What may be chosen for a connection that somebody else opened: how patient our own calls on it are. */
const OURS_ON_ANY_CONNECTION: readonly string[] = ['retries', 'backoffBase'];

export function checkConnectionOptions(options: ConnectionOptions | undefined): GivenOptions {
  checkOptions('openDatabase', options, CONNECTION_RULES);
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
}

/** Refuses an option that differs from how a connection is open already. */
export function refuseOtherOptions(given: GivenOptions, present: ResolvedOptions, whose: string): void {
  for (const [name, value] of Object.entries(given)) {
    const open = present[name as keyof ResolvedOptions];
    if (value !== open) {
      throw new InvalidArgument(
        `${name} is ${describe(value)}, but ${whose} with ${describe(open)}: leave it out, or give the same value`,
      );
    }
  }
}

/** Refuses options that only the one who opened a `Database` can choose. */
export function refuseForeignOptions(given: GivenOptions, present: ResolvedOptions): void {
  for (const [name, value] of Object.entries(given)) {
    if (OURS_ON_ANY_CONNECTION.includes(name)) continue;
    if (name === 'readonly' && value === present.readonly) continue;
    throw new InvalidArgument(
      `${name} is ${describe(value)}, but the Database was opened by you: set it there (new Database(...), pragma)`,
    );
  }
}
