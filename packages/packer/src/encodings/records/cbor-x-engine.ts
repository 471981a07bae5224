import type { Decoder, Encoder } from 'cbor-x';
import { loadCborX } from './load-library.ts';
import { type EngineSetup, NUMBERS, type RecordEngine, refuseNewStructure, UnknownStructure } from './record-engine.ts';

/** How many values were begun. cbor-x has one memory for all of its encoders. */
let begun = 0;

/** CBOR with the records of cbor-x. */
export class CborXEngine implements RecordEngine {
  // It writes the seconds as a double.
  readonly latestDate = 1e15;
  readonly #setup: EngineSetup;
  readonly #decoder: Decoder;
  #encoder: Encoder | undefined;
  #plain: Encoder | undefined;

  constructor(setup: EngineSetup) {
    this.#setup = setup;
    const { Decoder } = loadCborX();
    this.#decoder = new Decoder({
      structures: copied(setup.structures),
      getStructures: refuseUnknown,
      mapsAsObjects: true,
      copyBuffers: true,
    });
  }

  encodeShared(value: unknown): Buffer {
    this.#encoder ??= this.#newEncoder();
    try {
      return undisturbed(this.#encoder, value);
    } catch (error) {
      // It may have made a structure of its own, or added keys to another.
      this.#encoder = undefined;
      throw error;
    }
  }

  /** cbor-x would add the keys of an unknown object to a structure that begins with some of them: so none is used. */
  encodeMixed(value: unknown): Buffer {
    this.#plain ??= new (loadCborX().Encoder)({ useRecords: false, variableMapSize: true });
    return undisturbed(this.#plain, value);
  }

  decode(bytes: Buffer): unknown {
    return this.#decoder.decode(bytes);
  }

  #newEncoder(): Encoder {
    const { Encoder } = loadCborX();
    return new Encoder({
      structures: copied(this.#setup.structures),
      saveStructures: refuseNewStructure,
      maxSharedStructures: NUMBERS,
    });
  }
}

/** Refuses bytes in whose middle another value was encoded, by a getter of the value. */
function undisturbed(encoder: Encoder, value: unknown): Buffer {
  const number = ++begun;
  const bytes = encoder.encode(value);
  if (begun !== number) throw new Error('another value was encoded in the middle of this one');
  return bytes;
}

/** Returns copies, which cbor-x adds functions to. */
function copied(structures: EngineSetup['structures']): string[][] {
  return structures.map((keys) => [...keys]);
}

function refuseUnknown(): never {
  throw new UnknownStructure('its structure is not in the file');
}
