import { findFile, KohakuVaultError, messageOf } from '@kohakuvault/core-native/internal';

/** Becomes `require` when the package is built: see `dtypes/json-schema.ts`. */
declare const requireInBundle: NodeJS.Require;

type Msgpackr = Pick<typeof import('msgpackr'), 'Packr' | 'Unpackr'>;
type CborX = Pick<typeof import('cbor-x'), 'Encoder' | 'Decoder'>;

let msgpackr: Msgpackr | undefined;
let cborX: CborX | undefined;

/** Loads msgpackr with the first vault that needs it: most programs do not. */
export function loadMsgpackr(): Msgpackr {
  msgpackr ??= load<Msgpackr>('msgpackr', () => requireInBundle('./msgpackr.cjs'));
  return msgpackr;
}

/** The same for cbor-x. */
export function loadCborX(): CborX {
  cborX ??= load<CborX>('cbor-x', () => requireInBundle('./cbor-x.cjs'));
  return cborX;
}

function load<T>(name: 'msgpackr' | 'cbor-x', fromBundle: () => T): T {
  try {
    return fromBundle();
  } catch {
    // Not in a bundle, or the bundler has left it out.
  }
  const module = process.getBuiltinModule('node:module');
  const requireHere = module.createRequire(import.meta.url ?? __filename);
  try {
    return name === 'msgpackr' ? requireHere('./msgpackr.cjs') : requireHere('./cbor-x.cjs');
  } catch (cause) {
    const packer = findFile('@kohakuvault/packer/package.json', requireHere);
    if (packer !== undefined) return module.createRequire(packer)(`./dist/${name}.cjs`);
    throw new KohakuVaultError(
      `this valueEncoding needs the file dist/${name}.cjs of @kohakuvault/packer, which is not found here ` +
        `(${messageOf(cause).split('\n', 1)[0]}): take it into the bundle, or install @kohakuvault/packer beside the program`,
      { code: 'KV_RUNTIME_UNSUPPORTED', cause },
    );
  }
}
