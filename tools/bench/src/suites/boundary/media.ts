import { randomFillSync } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BlobSite, type Connection, openDatabase } from '@kohakuvault/core-native/database';
import { randomIntegers } from '../../random.ts';

export const KIB = 1024;
export const MIB = 1024 * KIB;

/** The one large value, and many of 100 bytes. */
export const FILM = 'film';
export const FILM_SIZE = 16 * MIB;
export const NOTES: readonly string[] = Array.from({ length: 1_024 }, (_, number) => `note ${number}`);
export const NOTE_SIZE = 100;

const FILE = 'media.db';

/** Makes the database that the cases of this suite read, with the settings KohakuVault gives a new file. */
export function makeMedia(fixtures: string): void {
  using connection = openDatabase(join(fixtures, FILE));
  const { database } = connection;
  connection.transaction(() => {
    database.exec('CREATE TABLE media (name TEXT PRIMARY KEY, content BLOB NOT NULL)');
    const insert = database.prepare('INSERT INTO media VALUES (?, ?)');
    insert.run(FILM, randomFillSync(Buffer.alloc(FILM_SIZE)));
    for (const name of NOTES) insert.run(name, randomFillSync(Buffer.alloc(NOTE_SIZE)));
  });
}

export function sharedMedia(fixtures: string): string {
  return join(fixtures, FILE);
}

/** Returns a copy of the file for a contender that writes. */
export function ownMedia(fixtures: string, folder: string): string {
  const copy = join(folder, FILE);
  copyFileSync(join(fixtures, FILE), copy);
  return copy;
}

export function siteOf(connection: Connection): BlobSite {
  return connection.blobs({ table: 'media', column: 'content', key: 'name' });
}

/** A power of two, so that a mask, which costs next to nothing, wraps a turn. */
const CHOICES = 4_096;

/** Chooses where in the film a range of `length` bytes begins: at any byte, the same ones for every contender. */
export function offsetsFor(length: number): (turn: number) => number {
  const offsets = randomIntegers(CHOICES, FILM_SIZE - length + 1);
  return (turn) => offsets[turn & (CHOICES - 1)] ?? 0;
}

export function randomNotes(): (turn: number) => string {
  const names = Array.from(randomIntegers(CHOICES, NOTES.length), (number) => NOTES[number] ?? '');
  return (turn) => names[turn & (CHOICES - 1)] ?? '';
}
