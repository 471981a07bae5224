import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { EncodedCodec, formatOf, nameOfEncoding, ValueCodec } from '@kohakuvault/packer/value';
import { TextColumns, type Tokenizer } from '@kohakuvault/text/internal';
import type { Executor } from '../execution/executor.ts';
import { VaultStructures } from '../kvault/structures.ts';
import { type Catalog, checkEntry, LAYOUT, type VaultEntry } from '../schema/catalog.ts';
import { TableContext } from '../schema/table-context.ts';
import { indexOf } from './index/index-of.ts';
import type { WordIndex } from './index/word-index.ts';
import type { CheckedTextsOptions } from './text-options.ts';
import { makeTextTable, TextSql } from './text-sql.ts';
import { TextStatistics } from './text-statistics.ts';
import type { Tokenize } from './tokens/token.ts';
import { TOKENIZERS } from './tokens/tokenizer.ts';

/** What the calls of one vault of texts share. */
export class TextContext extends TableContext {
  protected readonly shown = 'the vault of texts';
  readonly options: CheckedTextsOptions;
  readonly columns: TextColumns;
  readonly codec: ValueCodec<string | bigint>;
  readonly structures: VaultStructures;
  readonly statistics = new TextStatistics();
  #tokenizer: Tokenizer;
  #sql: TextSql;

  constructor(catalog: Catalog, executor: Executor, table: string, options: CheckedTextsOptions) {
    super(catalog, executor, table);
    this.options = options;
    this.columns = new TextColumns(options.columns);
    this.structures = new VaultStructures(catalog, table);
    this.#tokenizer = options.tokenizer ?? 'unicode61';
    this.#sql = this.#newSql();
    const names = {
      given: (method: string | bigint) => `${method}: the value`,
      stored: (id: string | bigint) => `the value of document ${id} in ${table}`,
    };
    const { valueEncoding } = options;
    this.codec =
      valueEncoding === 'auto'
        ? new ValueCodec(names, options)
        : new EncodedCodec(
            names,
            nameOfEncoding('texts', valueEncoding),
            formatOf(valueEncoding, () => this.structures),
          );
  }

  /** The tokenizer: that of the table once it is open. */
  get tokenizer(): Tokenizer {
    return this.#tokenizer;
  }

  /** How the table keeps words. */
  get index(): WordIndex {
    return indexOf(this.#tokenizer);
  }

  get sql(): TextSql {
    return this.#sql;
  }

  get weights(): readonly number[] {
    return this.options.weights;
  }

  /** Finds the words of a text. */
  get tokenize(): Tokenize {
    return TOKENIZERS[this.#tokenizer];
  }

  protected async openTables(): Promise<void> {
    const { catalog, executor, table, options } = this;
    const encoding = options.storedEncoding ?? this.codec.encoding;
    const { columns, partitions } = options;
    const settings = { columns, tokenizer: this.#tokenizer };
    const wanted: VaultEntry = { name: table, kind: 'texts', layout: LAYOUT, partitions, encoding, settings };
    const entry = await catalog.findOrMake(executor, wanted, (session) =>
      makeTextTable(session, catalog, table, { columns, partitions, index: this.index }),
    );
    checkEntry(entry, 'texts');
    this.#checkSame(entry, encoding);
    this.#tokenizer = entry.settings.tokenizer as Tokenizer;
    this.#sql = this.#newSql();
    if (encoding === 'msgpack' || encoding === 'cbor') await this.structures.read(executor);
  }

  #newSql(): TextSql {
    return new TextSql(this.catalog, this.table, this.options.columns, this.index);
  }

  #checkSame({ settings, encoding }: VaultEntry, wanted: string): void {
    const { columns, tokenizer } = this.options;
    for (const [what, given, found] of [
      ['columns', columns, settings.columns],
      ['tokenizer', tokenizer, settings.tokenizer],
    ] as const) {
      if (given === undefined || String(given) === String(found)) continue;
      throw new InvalidArgument(
        `${what} is ${shown(given)}, but the table ${describe(this.table)} has ${shown(found)}. Pass ${shown(found)}, or ` +
          'choose another table',
      );
    }
    if (encoding !== wanted) {
      throw new InvalidArgument(
        `the values of ${this.table} are encoded as ${describe(encoding)}; pass valueEncoding: ${describe(encoding)}`,
      );
    }
  }
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(describe).join(', ')}]` : describe(value);
}
