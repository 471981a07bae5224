const fs = process.getBuiltinModule('node:fs');
const { tmpdir } = process.getBuiltinModule('node:os');
const { join } = process.getBuiltinModule('node:path');

/** Paths that exist only inside the process: archives of Yarn and Electron, and executables of Bun. */
const INSIDE = /\.zip[/\\]|\.asar[/\\]|^(?:\/\$bunfs\/|B:[/\\]~BUN[/\\])/i;

/** The copies that this thread has made, by the path that they were made of. */
const copies = new Map<string, string>();

/**
 * Returns a file that SQLite, which asks the operating system, can load: the same one, its neighbor that Electron's
 * packager has unpacked, or a copy for as long as the process runs. SQLite finds the extension's entry point by the
 * file's name, and Bun adds a hash to that.
 */
export function realFile(path: string, name: string): string {
  if (!INSIDE.test(path)) return path;
  const unpacked = path.replace(/\.asar(?=[/\\])/, '.asar.unpacked');
  if (unpacked !== path && fs.existsSync(unpacked)) return unpacked;
  const made = copies.get(path);
  if (made !== undefined) return made;
  // A folder that only this user can reach, since what is in it will run.
  const folder = fs.mkdtempSync(join(tmpdir(), 'kohakuvault-'));
  const copy = join(folder, name);
  fs.writeFileSync(copy, fs.readFileSync(path));
  copies.set(path, copy);
  process.once('exit', () => {
    // Windows does not remove a library that is loaded.
    try {
      fs.rmSync(folder, { recursive: true, force: true });
    } catch {}
  });
  return copy;
}
