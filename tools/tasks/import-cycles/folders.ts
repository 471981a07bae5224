import { posix } from 'node:path';
import type { Graph } from './graph.ts';

/** The imports that lead from one folder to another: `imports` lists them as [file, imported file]. */
export interface FolderGraph {
  graph: Graph;
  imports(from: string, to: string): [file: string, imported: string][];
}

/** Joins the files of each folder to one node. A subfolder is a node of its own. */
export function foldersOf(files: Graph): FolderGraph {
  const folders = new Map<string, Map<string, [string, string][]>>();
  for (const file of files.keys()) folders.set(posix.dirname(file), new Map());
  for (const [file, imported] of files) {
    const targets = folders.get(posix.dirname(file));
    for (const other of imported) {
      const target = posix.dirname(other);
      if (!files.has(other) || target === posix.dirname(file)) continue;
      targets?.set(target, [...(targets.get(target) ?? []), [file, other]]);
    }
  }
  const graph = new Map([...folders].map(([folder, targets]) => [folder, [...targets.keys()]]));
  return { graph, imports: (from, to) => folders.get(from)?.get(to) ?? [] };
}
