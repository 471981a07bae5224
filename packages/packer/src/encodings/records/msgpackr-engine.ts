import type { Options, Packr, Unpackr } from 'msgpackr';
import { loadMsgpackr } from './load-library.ts';
import { type EngineSetup, NUMBERS, type RecordEngine, refuseNewStructure, UnknownStructure } from './record-engine.ts';

/** A structure as msgpackr has it. */
interface Named extends Array<string> {
  isShared?: boolean;
  highByte?: number;
}

/** How many numbers of structures are one byte. msgpackr takes an unknown one of them for an integer. */
const SHORT_NUMBERS = 64;
/** The structures from this one on have numbers of two bytes. */
const FIRST_LONG = 32;

/** MessagePack with the records of msgpackr. */
export class MsgpackrEngine implements RecordEngine {
  readonly latestDate = Number.POSITIVE_INFINITY;
  readonly #setup: EngineSetup;
  readonly #unpackr: Unpackr;
  #packr: Packr | undefined;
  #mixed: Packr | undefined;

  constructor(setup: EngineSetup) {
    this.#setup = setup;
    const { Unpackr } = loadMsgpackr();
    const structures: object[] = named(setup.structures);
    while (structures.length < SHORT_NUMBERS) structures.push({ isShared: true, read: refuseUnknown });
    this.#unpackr = new Unpackr({
      structures,
      getStructures: refuseUnknown,
      mapsAsObjects: true,
      copyBuffers: true,
      structuredClone: false,
    });
  }

  encodeShared(value: unknown): Buffer {
    this.#packr ??= this.#newPackr({});
    try {
      return this.#packr.pack(value);
    } catch (error) {
      // It may have made a structure of its own.
      this.#packr = undefined;
      throw error;
    }
  }

  encodeMixed(value: unknown): Buffer {
    this.#mixed ??= this.#newPackr({ useRecords: this.#setup.isShared, variableMapSize: true });
    try {
      return this.#mixed.pack(value);
    } catch (error) {
      this.#mixed = undefined;
      throw error;
    }
  }

  decode(bytes: Buffer): unknown {
    return this.#unpackr.unpack(bytes);
  }

  #newPackr(options: Options): Packr {
    const { Packr } = loadMsgpackr();
    return new Packr({
      ...options,
      structures: named(this.#setup.structures),
      saveStructures: refuseNewStructure,
      maxSharedStructures: NUMBERS,
      maxOwnStructures: 0,
    });
  }
}

/** Returns copies, which msgpackr marks and adds functions to. */
function named(structures: EngineSetup['structures']): Named[] {
  return structures.map((keys, number) => {
    const copy: Named = [...keys];
    copy.isShared = true;
    if (number >= FIRST_LONG) copy.highByte = (number - FIRST_LONG) >> 5;
    return copy;
  });
}

function refuseUnknown(): never {
  throw new UnknownStructure('its structure is not in the file');
}
