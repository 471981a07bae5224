import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** PostgreSQL cuts names after 63 bytes, and ours come after a prefix. */
const LONGEST = 40;

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Returns a text of the user as a literal, which means the same whatever the server's settings say of backslashes. */
export function escapedLiteral(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Refuses what cannot be the name of a vault, which is the name of its table. */
export function checkVaultName(name: unknown): string {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed() || name.includes('\0')) {
    throw new InvalidArgument(`the vault's name is ${describe(name)}; expected a text`);
  }
  if (Buffer.byteLength(name) > LONGEST) {
    throw new InvalidArgument(
      `the vault's name ${describe(name)} has more than ${LONGEST} bytes; choose a shorter one`,
    );
  }
  if (name.startsWith(PREFIX)) {
    throw new InvalidArgument(`the vault's name is ${describe(name)}; names with ${PREFIX} belong to the store itself`);
  }
  return name;
}

const PREFIX = 'kohakuvault_';

/** Returns the name of the table that holds the parts of a vault's long values. */
export function partsTableOf(vault: string): string {
  return `${PREFIX}parts_${vault}`;
}

/** Returns the name of the table that holds the elements of a vault of columns, or the chunks of documents. */
export function chunksTableOf(vault: string): string {
  return `${PREFIX}chunks_${vault}`;
}

/** Returns the name of the table that holds the models of a vault of documents. */
export function modelsTableOf(vault: string): string {
  return `${PREFIX}models_${vault}`;
}

/** Returns the name of the table that holds the vectors of documents by one of the models. */
export function modelVectorsTableOf(vault: string, model: number): string {
  return `${PREFIX}v${model}_${vault}`;
}

/** Returns the name of a partition of it. */
export function modelVectorsPartitionOf(vault: string, model: number, index: number): string {
  return `${PREFIX}v${model}p${index}_${vault}`;
}

/** Returns the name of the index of the ids of chunks of documents. */
export function chunkIdsIndexOf(vault: string): string {
  return `${PREFIX}c_${vault}`;
}

/** Returns the name of the index of the times at which entries expire. */
export function expiryIndexOf(vault: string): string {
  return `${PREFIX}x_${vault}`;
}

/** Returns the name of the index of the numbers of vectors with ids of text, or of documents. */
export function numbersIndexOf(vault: string): string {
  return `${PREFIX}n_${vault}`;
}

/** Returns the name of the index of the words of a vault of texts. */
export function wordsIndexOf(vault: string): string {
  return `${PREFIX}w_${vault}`;
}

/** Returns the name of a partition of a vault's values, or of their parts. */
export function partitionOf(vault: string, of: 'values' | 'parts', index: number): string {
  return `${PREFIX}${of === 'values' ? 'p' : 'q'}${index}_${vault}`;
}
