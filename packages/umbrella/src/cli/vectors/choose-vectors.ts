import { closest, NotFound } from '@kohakuvault/core-native/internal';
import { type Metric, VectorKVault, type VectorType } from '@kohakuvault/vector';
import { holdingsOf, type VectorTable } from '../file/holdings.ts';
import type { OpenedFile } from '../file/opened-file.ts';

/** The table of vectors of this name, as the file declares it. */
export function existingVectors(file: OpenedFile, name: string): VectorTable {
  const { vectors } = holdingsOf(file.database);
  const found = vectors.find((table) => table.name === name);
  if (found) return found;
  const names = vectors.map((table) => table.name);
  const near = closest(name, names);
  const hint = near ? `did you mean ${near}?` : `there are ${names.length > 0 ? names.join(', ') : 'no vectors'}`;
  throw new NotFound(`there are no vectors called ${name}; ${hint}`);
}

/** A vault over a table whose values go in and out as they are stored. */
export function storedVectors(file: OpenedFile, { name, dimensions, metric, elementType }: VectorTable) {
  return new VectorKVault<Buffer>(file.source, {
    table: name,
    dimensions,
    metric: metric as Metric,
    vectorType: elementType as VectorType,
    autoPack: false,
  });
}
