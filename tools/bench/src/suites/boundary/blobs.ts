import { openDatabase } from '@kohakuvault/core-native/database';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case, Context } from '../../suite.ts';
import type { Unit } from '../../units.ts';
import {
  FILM,
  FILM_SIZE,
  KIB,
  MIB,
  NOTE_SIZE,
  offsetsFor,
  ownMedia,
  randomNotes,
  sharedMedia,
  siteOf,
} from './media.ts';

/** Ranges at random bytes of the film: into a buffer of the caller, and into a fresh Buffer by SQL's `substr`. */
function readRanges(name: string, length: number, unit: Unit = 'ns'): Case {
  const inUnit = (perRead: number) => (unit === 'ns' ? perRead : (length / perRead) * 1e9);
  return {
    name,
    unit,
    contenders: {
      kohakuvault: ({ fixtures, perOperation }) => {
        const site = siteOf(openDatabase(sharedMedia(fixtures)));
        const offset = offsetsFor(length);
        const target = new Uint8Array(length);
        return inUnit(perOperation((turn) => site.read(FILM, target, offset(turn)) + (target[0] ?? 0)));
      },
      'better-sqlite3': async ({ fixtures, perOperation }) => {
        const database = await openBare(sharedMedia(fixtures));
        const read = database
          .prepare<[number, number, string], Buffer>('SELECT substr(content, ?, ?) FROM media WHERE name = ?')
          .pluck();
        const offset = offsetsFor(length);
        return inUnit(perOperation((turn) => read.get(offset(turn) + 1, length, FILM)?.[0] ?? Number.NaN));
      },
    },
  };
}

const readWhole: Case = {
  name: 'read a whole value of 100 bytes',
  unit: 'ns',
  note: 'ours fills a buffer of the caller; better-sqlite3 makes a Buffer for each value.',
  contenders: {
    kohakuvault: ({ fixtures, perOperation }) => {
      const site = siteOf(openDatabase(sharedMedia(fixtures)));
      const note = randomNotes();
      const target = new Uint8Array(NOTE_SIZE);
      return perOperation((turn) => site.read(note(turn), target) + (target[0] ?? 0));
    },
    'better-sqlite3': async ({ fixtures, perOperation }) => {
      const database = await openBare(sharedMedia(fixtures));
      const read = database.prepare<[string], Buffer>('SELECT content FROM media WHERE name = ?').pluck();
      const note = randomNotes();
      return perOperation((turn) => read.get(note(turn))?.[0] ?? Number.NaN);
    },
  },
};

/** The writes of one transaction. better-sqlite3 gets fewer, because each of its writes takes milliseconds. */
const OUR_WRITES = 1_000;
const THEIR_WRITES = 20;

const writeRanges: Case = {
  name: 'write 4 KiB of 16 MiB, in a transaction',
  unit: 'ns',
  note:
    `per write. Our transaction has ${OUR_WRITES.toLocaleString('en')} writes, and that of better-sqlite3 ` +
    `has ${THEIR_WRITES}: ` +
    'it has no range writes, and puts the whole value together again (`substr || ? || substr`).',
  contenders: {
    kohakuvault: (context) => {
      const connection = openDatabase(ownMedia(context.fixtures, context.folder));
      const site = siteOf(connection);
      return timeTransactions(context, OUR_WRITES, (writes) => connection.transaction(writes), {
        write: (bytes, offset) => site.write(FILM, bytes, offset),
      });
    },
    'better-sqlite3': async (context) => {
      const database = await openBare(ownMedia(context.fixtures, context.folder));
      // For SQLite the concatenation of BLOBs is TEXT; the cast gives the bytes their type back.
      const update = database.prepare(
        `UPDATE media SET content = CAST(substr(content, 1, ?) || ? || substr(content, ?) AS BLOB) WHERE name = ?`,
      );
      const length = database.prepare<[string], number>('SELECT length(content) FROM media WHERE name = ?').pluck();
      const time = timeTransactions(context, THEIR_WRITES, (writes) => database.transaction(writes)(), {
        write: (bytes, offset) => update.run(offset, bytes, offset + bytes.length + 1, FILM).changes,
      });
      if (length.get(FILM) !== FILM_SIZE) throw new Error('the value did not keep its length');
      return time;
    },
  },
};

function timeTransactions(
  { perOperation }: Context,
  writes: number,
  transaction: (body: () => number) => number,
  { write }: { write(bytes: Uint8Array, offset: number): number },
): number {
  const bytes = new Uint8Array(4 * KIB);
  const offset = offsetsFor(bytes.length);
  return perOperation((turn) => {
    // Other bytes each time: equal bytes might not be written.
    bytes.fill(turn & 0xff);
    return transaction(() => {
      let done = 0;
      for (let number = 0; number < writes; number++) done += write(bytes, offset(turn * writes + number));
      return done;
    });
  }, writes);
}

export const blobCases: Case[] = [
  readRanges('read 64 B of 16 MiB', 64),
  readRanges('read 4 KiB of 16 MiB', 4 * KIB),
  readRanges('read 1 MiB of 16 MiB', MIB, 'bytes/s'),
  readWhole,
  writeRanges,
];
