import { hexOf, textArray, textOfTexts } from './byte-arrays.ts';
import { PARSERS } from './cells.ts';
import { fromDriver } from './driver-errors.ts';
import {
  BinaryValue,
  ByteStrings,
  type ClientPool,
  type Listen,
  type Mode,
  type Parameter,
  type Result,
  type Session,
  TextStrings,
} from './session.ts';

/** What is used of PGlite, which is an optional peer. */
export interface PGliteLike {
  query(text: string, parameters?: unknown[], options?: object): Promise<PGliteResult>;
  transaction<T>(body: (transaction: PGliteQueries) => Promise<T>): Promise<T>;
  listen?(channel: string, callback: (payload: string) => void): Promise<() => Promise<void>>;
  readonly waitReady: Promise<void>;
}

interface PGliteQueries {
  query(text: string, parameters?: unknown[], options?: object): Promise<PGliteResult>;
}

interface PGliteResult {
  readonly rows: unknown[];
  readonly affectedRows?: number | undefined;
}

const asIs = (value: unknown) => value;
/** The ids of `bytea`, `bytea[]`, `int4[]` and `text[]`: their parameters are text already. */
const SERIALIZERS = { 17: asIs, 1001: asIs, 1007: asIs, 1009: asIs };
const OPTIONS = { rowMode: 'array', parsers: PARSERS, serializers: SERIALIZERS };

/** The only connection of a PGlite, which its owner may use too: it does one thing after another. */
export class PGlitePool implements ClientPool {
  readonly #database: PGliteLike;

  constructor(database: PGliteLike) {
    this.#database = database;
  }

  ask(text: string, parameters: readonly Parameter[]): Promise<Result> {
    return new PGliteSession(this.#database).query(text, parameters);
  }

  use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return work(new PGliteSession(this.#database));
  }

  transaction<T>(mode: Mode, body: (session: Session) => Promise<T>): Promise<T> {
    return this.#database.transaction(async (transaction) => {
      const session = new PGliteSession(transaction);
      await session.query(`SET TRANSACTION ${mode}`);
      return await body(session);
    });
  }

  readonly listen: Listen = async (channel, onTopic) => await this.#database.listen?.(channel, onTopic);

  async end(): Promise<void> {}
}

class PGliteSession implements Session {
  readonly lost = false;
  readonly #queries: PGliteQueries;

  constructor(queries: PGliteQueries) {
    this.#queries = queries;
  }

  async query(text: string, parameters: readonly Parameter[] = []): Promise<Result> {
    let result: PGliteResult;
    try {
      result = await this.#queries.query(text, parameters.map(asText), OPTIONS);
    } catch (error) {
      throw fromDriver(error);
    }
    const { rows, affectedRows } = result;
    return { rows: rows as unknown[][], count: Math.max(affectedRows ?? 0, rows.length) };
  }

  async users(text: string, parameters: readonly unknown[]): Promise<Record<string, unknown>[]> {
    const { rows } = await this.#queries.query(text, [...parameters]);
    return rows as Record<string, unknown>[];
  }
}

function asText(parameter: Parameter): unknown {
  if (parameter instanceof BinaryValue) return parameter.text();
  if (parameter instanceof ByteStrings) return textArray(parameter.items);
  if (parameter instanceof TextStrings) return textOfTexts(parameter.items);
  return parameter instanceof Uint8Array ? `\\x${hexOf(parameter)}` : parameter;
}
