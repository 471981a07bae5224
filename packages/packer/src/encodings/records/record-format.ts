import { isError, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { asBuffer, isUint8Array } from '../../elements/memory.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import type { ValueFormat } from '../../values/value-format.ts';
import { type EngineSetup, type RecordEngine, UnknownStructure } from './record-engine.ts';
import { ShapeTree } from './shape-tree.ts';
import type { StructureList } from './structure-list.ts';
import { Survey } from './survey.ts';

const { types } = process.getBuiltinModule('node:util');

/** The most nodes of the tree that are not structures. Objects with keys like no other make new ones all the time. */
const MOST_UNKNOWN = 10_000;
/** How many values are encoded before structures are added again, after that has failed. */
const PAUSE = 1_000;

/** A library, and what checks bytes of a file of strangers before the library reads them. */
export interface RecordLibrary {
  engine(setup: EngineSetup): RecordEngine;
  /** Throws a `DecodeError` for bytes that the library would not have written for plain data. */
  check(bytes: Buffer, structures: readonly (readonly string[])[]): void;
}

/**
 * MessagePack or CBOR by a library, whose records have the structures of the file. Values that the library would change
 * are left to the default encoding.
 */
export class RecordFormat implements ValueFormat {
  readonly isBytes = false;
  readonly makesObjects = true;
  readonly streams = 'none';
  readonly #list: StructureList;
  readonly #library: RecordLibrary;
  /** What belongs to one state of the list. */
  #state: { engine: RecordEngine; tree: ShapeTree; generation: number; count: number } | undefined;
  #pause = 0;

  constructor(list: StructureList, library: RecordLibrary) {
    this.#list = list;
    this.#library = library;
  }

  encode(given: unknown): Buffer | undefined {
    const value = isBytes(given) ? asBuffer(given) : given;
    let survey = this.#survey(value);
    if (survey && survey.wanted.length > 0 && this.#share(survey.wanted)) survey = this.#survey(value);
    if (!survey) return undefined;
    const { engine } = this.#use();
    try {
      return survey.isMixed ? engine.encodeMixed(value) : engine.encodeShared(value);
    } catch {
      // A getter or a Proxy has changed the value, or has thrown. The default encoding explains it.
      return undefined;
    }
  }

  decode(bytes: Buffer, untrusted: boolean): unknown {
    for (;;) {
      try {
        const { engine } = this.#use();
        if (untrusted) this.#library.check(bytes, this.#list.known);
        return engine.decode(bytes);
      } catch (error) {
        if (error instanceof UnknownStructure && this.#list.load()) continue;
        if (error instanceof DecodeError || error instanceof KohakuVaultError) throw error;
        throw new DecodeError(isError(error) ? error.message : String(error), { cause: error });
      }
    }
  }

  check(): void {}

  /** Returns undefined if the library does not hold the value exactly. */
  #survey(value: unknown): Survey | undefined {
    const { tree, engine } = this.#use();
    const survey = new Survey(tree, this.#list, engine.latestDate);
    try {
      return survey.isExact(value) ? survey : undefined;
    } catch {
      // A getter, or a Proxy. The default encoding meets it again.
      return undefined;
    }
  }

  /** Adds structures to the file. Returns whether that was possible. */
  #share(wanted: readonly (readonly string[])[]): boolean {
    if (this.#pause > 0) {
      this.#pause--;
      return false;
    }
    try {
      this.#list.add(wanted);
      return true;
    } catch (error) {
      // The file is busy or full. The value can be stored with its keys; if not, its own write says why.
      if (!(error instanceof KohakuVaultError)) throw error;
      this.#pause = PAUSE;
      return false;
    }
  }

  #use(): { engine: RecordEngine; tree: ShapeTree } {
    const { known, generation } = this.#list;
    const state = this.#state;
    if (state && state.generation === generation && state.count === known.length && state.tree.unknown < MOST_UNKNOWN) {
      return state;
    }
    const tree = new ShapeTree(known);
    const isShared = (object: object) => tree.find(Object.keys(object)).isShared;
    const engine = this.#library.engine({ structures: known, isShared });
    this.#state = { engine, tree, generation, count: known.length };
    return this.#state;
  }
}

/** Whether a value comes back as a Buffer. */
function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return isUint8Array(value) || types.isArrayBuffer(value);
}
