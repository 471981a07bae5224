import { nativeCore } from '../native/binding.ts';
import { QueryForm } from '../native/constants.ts';

/** How a statement gives its rows. */
export interface RowForm {
  /** The first column alone, instead of an object. */
  readonly pluck?: boolean;
  /** Integers as bigints, where numbers would round them. */
  readonly bigints?: boolean;
}

/** What a parameter may be. */
export type QueryParameter = string | number | bigint | Uint8Array;

/**
 * A SELECT of ours, run by the core: unlike a statement of better-sqlite3's it runs inside an SQL function of the user's too, gives
 * integers as its form says, whatever the user has made the database's default, and throws our errors.
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

  /** The first row; undefined without one. */
  get(...parameters: QueryParameter[]): Row | undefined {
    return this.#run(parameters, this.#form | QueryForm.first) as Row | undefined;
  }

  all(...parameters: QueryParameter[]): Row[] {
    return this.#run(parameters, this.#form) as Row[];
  }

  #run(parameters: QueryParameter[], form: number): unknown {
    this.#number ??= this.#binding.createQuery(this.#handle, this.#sql);
    return this.#binding.query(this.#handle, this.#number, parameters, form);
  }
}
