import { KohakuVaultError } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';
import type { ColumnStats, ColumnStore, EncodedBlock, Located } from '../layout.ts';
import type { LegacyTables } from './tables.ts';

/** A column of elements that vary in size: their bytes in `<name>_data`, and where each is in `<name>_idx`. */
export class VariableStore implements ColumnStore {
  readonly name: string;
  readonly dtype: string;
  readonly length = 0;
  readonly bytes = 0;
  readonly generation = 0;

  constructor(_connection: Connection, _tables: LegacyTables, name: string, dtype: string) {
    this.name = name;
    this.dtype = dtype;
  }

  read(_start: number, _end: number): EncodedBlock {
    throw notYet();
  }

  locate(_index: number, _located: Located): void {
    throw notYet();
  }

  write(_start: number, _block: EncodedBlock): void {
    throw notYet();
  }

  append(_block: EncodedBlock): number {
    throw notYet();
  }

  splice(_start: number, _deleteCount: number, _block: EncodedBlock): void {
    throw notYet();
  }

  clear(): void {
    throw notYet();
  }

  stats(): ColumnStats {
    throw notYet();
  }

  compact(): void {
    throw notYet();
  }
}

function notYet(): KohakuVaultError {
  return new KohakuVaultError('columns of elements that vary in size are not there yet');
}
