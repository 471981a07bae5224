import { findFile, isBundled, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { realFile } from './real-file.ts';

/** Becomes `require` when the package is built, as in core-native's `embedded.ts`. */
declare const requireInBun: (specifier: '#embedded') => { sqliteVec?(): unknown };

/** Returns the file of sqlite-vec's extension for this platform. */
export function sqliteVecFile(): string {
  const { platform, arch } = process;
  const module = process.getBuiltinModule('node:module');
  const requireHere = module.createRequire(import.meta.url ?? __filename);
  const name = `sqlite-vec-${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const ending = { win32: 'dll', darwin: 'dylib' }[platform as string] ?? 'so';
  const library = `vec0.${ending}`;
  const found = besideUs() ?? findFile(`${name}/${library}`, requireHere) ?? embedded();
  if (found !== undefined) return realFile(found, library);
  throw new KohakuVaultError(
    `sqlite-vec, which writes vectors, ${whyMissing(name, requireHere)}. Existing tables can be searched and read here`,
    { code: 'KV_NATIVE_MISSING' },
  );
}

/** Resolves the file by its literal name, which @vercel/nft follows. Bundlers do not, and leave the list behind. */
function besideUs(): string | undefined {
  const module = process.getBuiltinModule('node:module');
  const requireHere = module.createRequire(import.meta.url ?? __filename);
  try {
    const files = requireHere('./sqlite-vec-files.cjs') as Record<string, () => string>;
    return files[`${process.platform}-${process.arch}`]?.();
  } catch {
    return undefined;
  }
}

function embedded(): string | undefined {
  if (process.versions.bun === undefined || typeof requireInBun !== 'function') return undefined;
  try {
    const file = requireInBun('#embedded').sqliteVec?.();
    return typeof file === 'string' ? file : undefined;
  } catch {
    return undefined;
  }
}

const PUBLISHED = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64'];

function whyMissing(name: string, requireHere: NodeJS.Require): string {
  if (!PUBLISHED.includes(name.replace('sqlite-vec-', ''))) {
    return (
      `does not load on this platform (${process.platform}-${process.arch}). It is published for Linux with glibc ` +
      '(x64, arm64), macOS and Windows x64'
    );
  }
  if (isBundled('@kohakuvault/vector', requireHere)) {
    return (
      `does not load: ${name} is neither in this bundled program nor beside it. Install it beside the program; ` +
      'docs/guides/bundlers.md of KohakuVault tells how, for each bundler'
    );
  }
  return (
    `does not load: ${name} is not installed. Reinstall without --no-optional or --omit=optional, and on the ` +
    'platform the program runs on'
  );
}
