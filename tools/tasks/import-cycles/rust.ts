// What the Rust files of the project import from each other.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Where the crates have their sources, from the root of the repository. */
const CRATES = ['packages/core-native/src', 'packages/core-native/crates/core/src'];

/** Returns the files of every Rust module, each with the files that it imports, as paths from `root`. */
export function rustImports(root: string): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const crate of CRATES) {
    for (const name of globSync('**/*.rs', { cwd: join(root, crate) }).sort()) {
      const file = join(root, crate, name);
      const imports = pathsIn(readFileSync(file, 'utf8')).map((path) => fileOf(path, file, join(root, crate)));
      const others = new Set(imports.filter((other) => other !== undefined && other !== file) as string[]);
      graph.set(slashed(relative(root, file)), [...others].map((other) => slashed(relative(root, other))).sort());
    }
  }
  return graph;
}

/**
 * Returns every path of a source that begins with `crate`, `super`, `self` or an inner module, with groups of `use`
 * written out.
 */
function pathsIn(source: string): string[] {
  const code = withoutInlineModules(withoutText(source));
  const inner = [...code.matchAll(/\bmod\s+(\w+)\s*;/g)].map(([, name = '']) => name);
  const beginning = new RegExp(`^(?:${['crate', 'super', 'self', ...inner].join('|')})::`);
  const uses = [...code.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree = '']) => writtenOut(tree));
  const inline = [...code.matchAll(/(?<![\w:])\w+(?:::\w+)+/g)].map(([path]) => path);
  return [...uses, ...inline].filter((path) => beginning.test(path));
}

/** Removes comments, strings and characters, and `$crate`, which names the crate of a macro's definition. */
function withoutText(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replaceAll(/b?c?"(?:[^"\\]|\\[\s\S])*"/g, '""')
    .replaceAll(/'(?:[^'\\]|\\.)'/g, "' '")
    .replaceAll('$crate::', 'crate::');
}

/** Removes the braces of modules that lie in the file itself, so that their paths begin where those of the file do. */
function withoutInlineModules(code: string): string {
  const head = /\bmod\s+\w+\s*\{/.exec(code);
  if (!head) return code;
  const start = head.index + head[0].length;
  let end = start;
  for (let depth = 1; depth > 0 && end < code.length; end++) {
    if (code[end] === '{') depth++;
    if (code[end] === '}') depth--;
  }
  const body = code.slice(start, end - 1).replaceAll(/(?<![\w:])super::/g, 'self::');
  return withoutInlineModules(`${code.slice(0, head.index)}${body}${code.slice(end)}`);
}

/** `a::{b, c::{d, self}}` is `a::b`, `a::c::d` and `a::c::self`. */
function writtenOut(tree: string): string[] {
  const open = tree.indexOf('{');
  if (open < 0) return [tree.replace(/\s+as\s+\w+/, '').replaceAll(/\s/g, '')];
  const before = tree.slice(0, open).replaceAll(/\s/g, '');
  return branches(tree.slice(open + 1, tree.lastIndexOf('}'))).flatMap((branch) =>
    writtenOut(branch).map((path) => before + path),
  );
}

/** Splits at the commas that are in no group. */
function branches(group: string): string[] {
  const found: string[] = [''];
  let depth = 0;
  for (const letter of group) {
    if (letter === '{') depth++;
    if (letter === '}') depth--;
    if (letter === ',' && depth === 0) found.push('');
    else found[found.length - 1] += letter;
  }
  return found.filter((branch) => branch.trim() !== '');
}

/** Returns the file of the module that a path names, or names something of. */
function fileOf(path: string, from: string, crate: string): string | undefined {
  const names = path.split('::');
  let folder = isModuleOfFolder(from) ? dirname(from) : from.slice(0, -'.rs'.length);
  let file: string | undefined = from;
  for (const [index, name] of names.entries()) {
    if (name === 'crate') {
      folder = crate;
      file = join(crate, 'lib.rs');
    } else if (name === 'super') {
      folder = dirname(folder);
      file = moduleOf(folder, crate);
    } else if (name !== 'self' || index > 0) {
      const inner = [join(folder, `${name}.rs`), join(folder, name, 'mod.rs')].find((candidate) =>
        existsSync(candidate),
      );
      // The rest names something in the module.
      if (inner === undefined) return file;
      file = inner;
      folder = join(folder, name);
    }
  }
  return file;
}

/** Returns the file of the module whose inner modules are in a folder. */
function moduleOf(folder: string, crate: string): string | undefined {
  if (folder === crate) return join(crate, 'lib.rs');
  return [join(folder, 'mod.rs'), `${folder}.rs`].find((candidate) => existsSync(candidate));
}

function isModuleOfFolder(file: string): boolean {
  return /(?:^|[\\/])(?:mod|lib)\.rs$/.test(file);
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}
