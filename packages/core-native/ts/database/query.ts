import { nativeCore } from '../native/binding.ts';
import { QueryForm } from '../native/constants.ts';

/** How a query returns its rows. */
export interface RowForm {
  /** Returns the first column alone, instead of an object. */
  readonly pluck?: boolean;
  /** Returns integers as bigints, since numbers would round large ones. */
  readonly bigints?: boolean;
}

/** A value for a parameter of a query. */
export type QueryParameter = string | number | bigint | Uint8Array;

/**
 * A SELECT of ours, run by the core. Unlike a statement of better-sqlite3 it also runs inside an SQL function of the
 * user, returns integers as its form says, independent of the database's default, and throws our errors.
 */
export class Query<Row = unknown> {
  readonly #handle: number;
  readonly #sql: string;
  readonly #form: number;
  readonly #binding = nativeCore().binding;
  #number: number | undefined;

  /** @internal */
  constructor(handle: number, sql: string, { pluck = false, bigints = false }: RowForm = {}) {
    this.#handle = handle;
    this.#sql = sql;
    this.#form = (pluck ? QueryForm.pluck : 0) | (bigints ? QueryForm.bigints : 0);
  }

  /** Returns the first row; undefined without one. */
  get(...parameters: QueryParameter[]): Row | undefined {
    return this.#run(parameters, this.#form | QueryForm.first) as Row | undefined;
  }

  /** Returns all rows. */
  all(...parameters: QueryParameter[]): Row[] {
    return this.#run(parameters, this.#form) as Row[];
  }

  #run(parameters: QueryParameter[], form: number): unknown {
    this.#number ??= this.#binding.createQuery(this.#handle, this.#sql);
    return this.#binding.query(this.#handle, this.#number, parameters, form);
  }
}
