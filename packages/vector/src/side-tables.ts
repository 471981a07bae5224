import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { ConditionState } from './condition-state.ts';
import { encodeFields, type FieldTypes, type StoredField } from './fields.ts';
import { FieldsTable } from './fields-table.ts';
import type { TableSettings } from './settings.ts';
import { NumberIds, type OwnId, TextIds, type VaultIds } from './vault-ids.ts';
import { compileWhere, type WhereQuery } from './where.ts';

/** What a vector has beside its value. */
export interface Beside {
  readonly own: OwnId;
  readonly fields: ReadonlyMap<string, StoredField>;
}

/** Computes the fields of a value. */
export type FieldsOf = (value: never) => object;

/** What the vectors of a table have beside their values: fields, and ids of the user's. */
export class SideTables {
  readonly types: FieldTypes;
  readonly ids: VaultIds;
  /** The state that the results of conditions belong to. */
  readonly state: ConditionState;
  readonly #fields: FieldsTable | undefined;
  readonly #fieldsOf: FieldsOf | undefined;
  readonly #table: string;

  constructor(connection: Connection, table: string, settings: TableSettings, fieldsOf: FieldsOf | undefined) {
    this.types = settings.fields ?? {};
    this.ids = settings.ids === 'str' ? new TextIds(connection, table) : new NumberIds();
    this.state = ConditionState.of(connection, table);
    this.#fields = settings.fields && new FieldsTable(connection, table, settings.fields);
    this.#fieldsOf = fieldsOf;
    this.#table = table;
  }

  /** Checks what is given beside the value of a new vector. */
  encode(owner: string, value: unknown, given: unknown): Beside {
    if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
      throw new InvalidArgument(
        `${owner}: the third argument is ${describe(given)}; expected an object of fields and id`,
      );
    }
    const { id, ...fields } = (given ?? {}) as Record<string, unknown>;
    return { own: this.ids.ownId(owner, id), fields: this.encodeFields(owner, { value }, fields) };
  }

  /** Checks fields. Those that are not given are computed from the value, if there is a value. */
  encodeFields(owner: string, change: { value?: unknown }, given: unknown): ReadonlyMap<string, StoredField> {
    if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
      throw new InvalidArgument(`${owner}: fields is ${describe(given)}; expected an object`);
    }
    const computed = 'value' in change && this.#fieldsOf ? this.#fieldsOf(change.value as never) : {};
    if (typeof computed !== 'object' || computed === null) {
      throw new InvalidArgument(`${owner}: fieldsOf returned ${describe(computed)}; expected an object`);
    }
    const fields = encodeFields(`${owner}: fieldsOf`, this.types, computed);
    for (const [name, value] of encodeFields(owner, this.types, (given ?? {}) as object)) fields.set(name, value);
    return fields;
  }

  compile(owner: string, where: unknown): WhereQuery | undefined {
    return compileWhere(owner, this.#table, this.types, where);
  }

  inserted(row: bigint, { own, fields }: Beside): void {
    this.ids.insert(row, own);
    this.#fields?.insert(row, fields);
  }

  /** Changes some of the fields of a vector; all of them if the others are to be missing. */
  updated(row: bigint, fields: ReadonlyMap<string, StoredField>, isWhole = false): void {
    if (isWhole) this.#fields?.insert(row, fields);
    else this.#fields?.change(row, fields);
  }

  removed(row: bigint): void {
    this.ids.remove(row);
    this.#fields?.remove(row);
  }

  cleared(): void {
    this.ids.clear();
    this.#fields?.clear();
  }

  /** Deletes what other programs have left of vectors that they deleted. */
  compact(): void {
    this.ids.compact();
    this.#fields?.compact();
  }

  /** Returns the fields of a vector as a user reads them. */
  fieldsOf(row: bigint): Record<string, unknown> {
    return this.#fields?.get(row) ?? {};
  }

  /** Returns one field of a vector, as SQL has it; undefined if it is missing. */
  field(row: bigint, name: string): Exclude<StoredField, null> | undefined {
    return this.#fields?.one(row, name) as Exclude<StoredField, null> | undefined;
  }
}
