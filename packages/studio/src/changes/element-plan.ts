import { InvalidArgument, KohakuVaultError, NotFound } from '@kohakuvault/core-native/internal';
import type { PlannedChange, PlanRequest, ShownValue } from '../api/types.ts';
import { columnOf } from '../columns/column-list.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { refOf } from '../keys/key-ref.ts';
import { readTypedJson } from '../values/read-typed-json.ts';
import { typedJson } from '../values/typed-json.ts';

const SHOWN = 10_000;
/** A longer element is not edited as typed JSON. */
const MOST_CHARACTERS = 1_000_000;

/** What a change does to one element of a column. */
export interface ElementStep {
  readonly column: string;
  readonly row: number;
  /** The element as it is now, as typed JSON. */
  readonly before: string;
  readonly value: unknown;
}

/** Checks what is asked for against the file. */
export function elementStep(file: VaultFile, request: PlanRequest & { kind: 'element' }): ElementStep {
  const { column, row } = request;
  const before = elementText(file, column, row);
  if (before === undefined) {
    throw new InvalidArgument(`row ${row} of ${JSON.stringify(column)} is too long to be edited here; use a program`);
  }
  return { column, row, before, value: readTypedJson(request.json) };
}

/** Returns an element as typed JSON; undefined if it is too long for that. */
export function elementText(file: VaultFile, name: string, row: number): string | undefined {
  const column = columnOf(file, name);
  if (row >= column.length) {
    throw new NotFound(`the column ${JSON.stringify(name)} has ${column.length} rows, and no row ${row}`);
  }
  const [element] = column.slice(row, row + 1) as ArrayLike<unknown> & Iterable<unknown>;
  return typedJson(element, MOST_CHARACTERS);
}

/** Does the step in a transaction that the caller has opened. Refuses if the element has changed since. */
export function applyElement(file: VaultFile, { column, row, before, value }: ElementStep): void {
  const target = columnOf(file, column);
  if (row >= target.length || elementText(file, column, row) !== before) {
    throw new KohakuVaultError(`row ${row} of ${column} has changed since the change was shown; look at it again`, {
      code: 'KV_STALE',
    });
  }
  target.set(row, value as never);
}

export function shownElement({ column, row, before, value }: ElementStep): PlannedChange {
  const shown = (text: string, encoding: string): ShownValue => ({
    encoding,
    bytes: Buffer.byteLength(text),
    text: text.slice(0, SHOWN),
  });
  const after = typedJson(value, MOST_CHARACTERS) ?? '';
  return { key: refOf(Buffer.from(`${column}[${row}]`)), before: shown(before, 'element'), after: shown(after, 'new') };
}
