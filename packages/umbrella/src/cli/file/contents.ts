import {
  type Database,
  isAboutTheFile,
  type PackageTables,
  schemaTables,
} from '@kohakuvault/core-native/internal/database';
import { INSPECTORS } from './inspectors.ts';

/** The tables of a file, by the package they belong to. */
export interface Contents extends Readonly<Record<keyof typeof INSPECTORS, PackageTables>> {
  /** Tables that no package knows. */
  readonly others: readonly string[];
}

/** Returns what a file holds. Reads the schema only, so that it creates no table and needs none. */
export function contentsOf(database: Database): Contents {
  const found = Object.entries(INSPECTORS).map(([name, inspector]) => [name, inspector.tables(database)] as const);
  const known = new Set(found.flatMap(([, { main, related }]) => [...main, ...related]));
  const others = schemaTables(database).filter((table) => !known.has(table.name) && !isAboutTheFile(table));
  return {
    ...(Object.fromEntries(found) as Record<keyof typeof INSPECTORS, PackageTables>),
    others: others.map(({ name }) => name),
  };
}

/** Returns whether a file holds anything of KohakuVault. */
export function isVault({ others: _others, ...packages }: Contents): boolean {
  return Object.values(packages).some(({ main }) => main.length > 0);
}
