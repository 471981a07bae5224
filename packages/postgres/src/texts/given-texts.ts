import { checkId, checkOptions, describe, InvalidArgument, type RowId } from '@kohakuvault/core-native/internal';
import { encodedIn } from '../kvault/encoded-in.ts';
import { storableText } from './storable-text.ts';
import type { TextContext } from './text-context.ts';
import type { NewText, TextUpdate } from './text-writes.ts';

/** The greatest id that a user may give: numbers up to it are exact. */
const MOST_GIVEN = BigInt(Number.MAX_SAFE_INTEGER);
const ANYTHING = { expected: 'anything', accepts: () => true };

/** Checks and encodes what users write. */
export class GivenTexts {
  readonly #context: TextContext;

  constructor(context: TextContext) {
    this.#context = context;
  }

  async document(texts: unknown, value: unknown, options: { id?: RowId | undefined } | undefined): Promise<NewText> {
    checkOptions('insert', options, { id: ANYTHING });
    return await this.#encoded(() => this.#document('insert', texts, value, options?.id));
  }

  async documents(documents: unknown): Promise<NewText[]> {
    if (typeof (documents as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`insertMany expects an iterable of [texts, value] pairs, got ${describe(documents)}`);
    }
    const given = Array.from(documents as Iterable<unknown>);
    return await this.#encoded(() =>
      given.map((document, number) => {
        const owner = `insertMany: document ${number}`;
        if (!Array.isArray(document) || document.length < 1 || document.length > 2) {
          throw new InvalidArgument(`${owner} is ${describe(document)}; expected a [texts, value] pair`);
        }
        return this.#document(owner, document[0], document[1], undefined);
      }),
    );
  }

  async changes(changes: { texts?: unknown; value?: unknown } | undefined): Promise<TextUpdate> {
    checkOptions('update', changes, { texts: ANYTHING, value: ANYTHING });
    const { texts, value } = changes ?? {};
    if (texts === undefined && value === undefined) {
      throw new InvalidArgument('update expects { texts }, { value } or both, got neither');
    }
    const given = texts === undefined ? undefined : this.#context.columns.readSome('update', texts);
    return await this.#encoded(() => ({
      texts: given?.map((text) => text && storableText('update', text)),
      value: value === undefined ? undefined : this.#value('update', value),
    }));
  }

  #document(owner: string, texts: unknown, value: unknown, id: RowId | undefined): NewText {
    const read = this.#context.columns.read(owner, texts).map((text) => storableText(owner, text));
    const given = id === undefined ? undefined : checkId(owner, id);
    if (given !== undefined && (given < 1n || given > MOST_GIVEN)) {
      throw new InvalidArgument(`${owner}: the id is ${given}; expected a whole number from 1 to ${MOST_GIVEN}`);
    }
    return { id: given, value: this.#value(owner, value === undefined ? null : value), texts: read };
  }

  #value(owner: string, value: unknown): Buffer {
    return Buffer.from(this.#context.codec.encode(value, owner));
  }

  /** Encodes values now, and again if that has shown structures that they can share. */
  #encoded<T>(encode: () => T): Promise<T> {
    return encodedIn(this.#context, encode);
  }
}
