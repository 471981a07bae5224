import { describe, findFile, InvalidArgument, KohakuVaultError, messageOf } from '@kohakuvault/core-native/internal';

/** A type of apache-arrow. */
type Type = object;

/** What is needed of the package apache-arrow. */
export interface ArrowModule {
  makeData(props: object): unknown;
  makeVector(data: unknown): unknown;
  Table: new (schema: unknown, batches: unknown) => unknown;
  RecordBatch: new (schema: unknown, data: unknown) => unknown;
  Schema: new (fields: unknown[]) => { fields: unknown };
  Field: new (name: string, type: unknown, nullable?: boolean) => unknown;
  Struct: new (fields: unknown) => Type;
  FixedSizeList: new (size: number, field: unknown) => Type;
  FixedSizeBinary: new (size: number) => Type;
}

/** A class of apache-arrow for a type without parameters. */
export type PlainType =
  | ('Float16' | 'Float32' | 'Float64' | 'Bool' | 'Utf8' | 'LargeUtf8' | 'Binary' | 'LargeBinary')
  | ('Int8' | 'Int16' | 'Int32' | 'Int64' | 'Uint8' | 'Uint16' | 'Uint32' | 'Uint64');

export function plainType(arrow: ArrowModule, name: PlainType): Type {
  const types = arrow as unknown as Record<PlainType, new () => Type>;
  return new types[name]();
}

let loaded: ArrowModule | undefined;

/** Returns apache-arrow: the given module, or the installed one, which is loaded at the first use. */
export function arrowModule(what: string, given: unknown): ArrowModule {
  if (given === undefined) {
    loaded ??= load(what);
    return loaded;
  }
  const isModule = typeof given === 'object' && given !== null && 'makeData' in given && 'makeVector' in given;
  if (isModule) return given as ArrowModule;
  throw new InvalidArgument(`${what} expects arrow to be the module apache-arrow, got ${describe(given)}`);
}

function load(what: string): ArrowModule {
  const module = process.getBuiltinModule('node:module');
  const requireHere = module.createRequire(import.meta.url ?? __filename);
  try {
    const file = findFile('apache-arrow', requireHere) ?? requireHere.resolve('apache-arrow');
    // The package has two builds, whose classes do not know each other: a file that one writes of a table of the other is
    // damaged. A program that has required it uses that one, and every other program imports it.
    return requireHere.cache[file] ? requireHere(file) : imported(requireHere, file);
  } catch (cause) {
    throw new KohakuVaultError(
      `${what} needs the package apache-arrow, an optional peer dependency of @kohakuvault/columns, which is not found ` +
        `here (${messageOf(cause).split('\n', 1)[0]}): npm install apache-arrow, or give the module: ` +
        `${what}({ arrow })`,
      { code: 'KV_RUNTIME_UNSUPPORTED', cause },
    );
  }
}

/** Returns the build that `import` gets, in runtimes in which `require` can return it. */
function imported(requireHere: NodeJS.Require, file: string): ArrowModule {
  try {
    return requireHere(file.replace(/\.js$/, '.mjs'));
  } catch {
    return requireHere(file);
  }
}
