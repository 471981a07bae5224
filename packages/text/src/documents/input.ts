import { checkOptions, describe, InvalidArgument, type OptionRule } from '@kohakuvault/core-native/internal';
import type { FieldValue } from './fields.ts';

/** The fields of a document, by their names. */
export type Fields = { [name: string]: FieldValue | undefined };

/** A document that is added. */
export interface DocumentInput<V> {
  /** The name of the document. */
  id: string;
  text: string;
  /** Default null. */
  value?: V | undefined;
  fields?: Fields | undefined;
}

const anything: OptionRule = { expected: 'anything', accepts: () => true };
const text: OptionRule = { expected: 'a string', accepts: (value) => typeof value === 'string' };
const CHANGES = { text, value: anything, fields: anything };
const DOCUMENT = { ...CHANGES, id: text };

/** Reads one document, or several with ids of their own. */
export function readDocuments<V>(owner: string, given: unknown): DocumentInput<V>[] {
  const isMany =
    typeof given === 'object' &&
    given !== null &&
    typeof (given as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
  const documents = (isMany ? [...(given as Iterable<unknown>)] : [given]) as DocumentInput<V>[];
  const ids = new Set<string>();
  for (const [number, document] of documents.entries()) {
    const which = isMany ? `${owner}: document ${number}` : owner;
    if (typeof document !== 'object' || document === null) {
      throw new InvalidArgument(`${which} is ${describe(document)}; expected { id, text }`);
    }
    checkOptions(which, document, DOCUMENT);
    if (document.id === undefined || document.text === undefined) {
      throw new InvalidArgument(`${which} has no ${document.id === undefined ? 'id' : 'text'}; expected { id, text }`);
    }
    if (ids.has(document.id)) {
      throw new InvalidArgument(`${which} has the id ${describe(document.id)} of another one; ids differ`);
    }
    ids.add(document.id);
  }
  return documents;
}

/** Checks the changes of an update. */
export function checkChanges(owner: string, changes: unknown): void {
  checkOptions(owner, changes, CHANGES);
  if (Object.values((changes as object | undefined) ?? {}).every((change) => change === undefined)) {
    throw new InvalidArgument(`${owner} expects { text }, { value } or { fields }, got none of them`);
  }
}

/** Checks the id of a document. */
export function checkDocumentId(owner: string, id: unknown): string {
  if (typeof id === 'string') return id;
  throw new InvalidArgument(`${owner}: the id is ${describe(id)}; expected a string`);
}
