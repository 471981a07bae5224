// Finds import cycles between files and between folders, types-only imports included. A folder's own files are one
// node, and each of its subfolders is another: files of a subfolder that import from the parent and are imported by it
// are a loop.
import { resolve } from 'node:path';
import { foldersOf } from './import-cycles/folders.ts';
import { cyclesIn, type Graph } from './import-cycles/graph.ts';
import { rustImports } from './import-cycles/rust.ts';
import { typescriptImports } from './import-cycles/typescript.ts';

export interface ImportCycles {
  /** How many files and folders were looked at. */
  files: number;
  folders: number;
  /** A description of each cycle, ready to print. */
  cycles: string[];
}

/** Returns the import cycles of the repository whose root is given, of TypeScript and of Rust. */
export function importCycles(root: string): ImportCycles {
  return describe(new Map([...typescriptImports(root), ...rustImports(root)]));
}

function describe(files: Graph): ImportCycles {
  const { graph: folders, imports } = foldersOf(files);
  const cycles = cyclesIn(files).map((cycle) => `files: ${[...cycle, cycle[0]].join(' -> ')}`);
  for (const cycle of cyclesIn(folders)) {
    const steps = cycle.flatMap((folder, index) => {
      const next = cycle[(index + 1) % cycle.length] ?? '';
      const [first, ...others] = imports(folder, next);
      const more = others.length > 0 ? ` (and ${others.length} more)` : '';
      return first === undefined ? [] : [`  ${first[0]} imports ${first[1]}${more}`];
    });
    cycles.push([`folders: ${[...cycle, cycle[0]].join(' -> ')}`, ...steps].join('\n'));
  }
  return { files: [...files.keys()].length, folders: [...folders.keys()].length, cycles };
}

if (import.meta.main) {
  const { files, folders, cycles } = importCycles(resolve(import.meta.dirname, '../..'));
  for (const cycle of cycles) console.log(cycle);
  console.log(`${cycles.length} import cycles in ${files} files and ${folders} folders`);
  process.exitCode = cycles.length === 0 ? 0 : 1;
}
