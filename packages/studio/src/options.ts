import { checkOptions, describe, InvalidArgument, type OptionRule, rules } from '@kohakuvault/core-native/internal';
import type { Database } from '@kohakuvault/core-native/internal/database';
import type { StudioRequest } from './http/exchange.ts';
import type { Embed } from './vectors/vector-search.ts';

/** An open vault of any kind, or a `Database` of better-sqlite3. */
export type StudioSource = { readonly database: unknown } | Database;

/** What `startStudio` and `studioHandler` have in common. */
export interface StudioOptions {
  /** Whether the Studio only reads. Default true. */
  readonly?: boolean | undefined;
  /** Returns a vector for each text, so that tables of vectors are searched by text. */
  embed?: Embed | undefined;
  /** Names that requests may have in their Host header, beside addresses and localhost. */
  hosts?: readonly string[] | undefined;
}

export interface StartOptions extends StudioOptions {
  /** The path of a file. */
  file?: string | undefined;
  /** The paths of several files: of the runs of a training, whose curves are laid over one another. */
  files?: readonly string[] | undefined;
  /** Open vaults, one for each file, instead of paths. They stay open when the Studio closes. */
  vaults?: readonly StudioSource[] | undefined;
  /** Default: a free one. */
  port?: number | undefined;
  /**
   * The address to listen on. Default 127.0.0.1, which only this machine reaches. With another one, everybody who reaches
   * it and knows the token reads the file, and the traffic is not encrypted.
   */
  host?: string | undefined;
  /** Refuses a file with objects that could run SQL of their own. */
  untrusted?: boolean | undefined;
}

export interface HandlerOptions extends StudioOptions {
  /** Where the handler is mounted, such as `/studio`. Express tells it. */
  basePath?: string | undefined;
  /** Lets requests in. Without it, a token does: `handler.entrance` is the path with it. */
  authorize?: ((request: StudioRequest) => boolean | Promise<boolean>) | undefined;
}

const aFunction: OptionRule = { expected: 'a function', accepts: (value) => typeof value === 'function' };
const text: OptionRule = { expected: 'a text', accepts: (value) => typeof value === 'string' && value !== '' };

const COMMON: Record<string, OptionRule> = {
  readonly: rules.boolean,
  embed: aFunction,
  hosts: {
    expected: 'an array of names',
    accepts: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  },
};

const START: Record<string, OptionRule> = {
  ...COMMON,
  file: text,
  files: {
    expected: 'an array of paths',
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(text.accepts),
  },
  vaults: { expected: 'an array of open vaults', accepts: (value) => Array.isArray(value) && value.length > 0 },
  port: rules.wholeNumber(0, 65_535),
  host: text,
  untrusted: rules.boolean,
};

const HANDLER: Record<string, OptionRule> = {
  ...COMMON,
  basePath: {
    expected: 'a path such as /studio, without a slash at its end',
    accepts: (value) => typeof value === 'string' && /^(?:\/[^/?#]+)*$/.test(value),
  },
  authorize: aFunction,
};

export function checkStartOptions(options: StartOptions): StartOptions {
  if (options === undefined) throw noSource(options);
  checkOptions('startStudio', options, START);
  const { file, files, vaults } = options;
  if ([file, files, vaults].filter((source) => source !== undefined).length !== 1) throw noSource(options);
  if (options.untrusted && options.readonly === false) {
    throw new InvalidArgument('startStudio: an untrusted file is only read; leave out readonly: false, or untrusted');
  }
  return options;
}

function noSource(options: unknown): InvalidArgument {
  return new InvalidArgument(
    `startStudio expects { file }, { files } or { vaults }, one of them, got ${describe(options)}`,
  );
}

export function checkHandlerOptions(options: HandlerOptions | undefined): HandlerOptions {
  checkOptions('studioHandler', options, HANDLER);
  return options ?? {};
}
