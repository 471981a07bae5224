import { type BlobSite, openDatabase } from '@kohakuvault/core-native/database';
import { configure } from '../../peers/better-sqlite3.ts';
import type { Case, Context } from '../../suite.ts';
import { ownMedia, randomNotes, sharedMedia, siteOf } from './media.ts';

function timeSizes({ perOperation }: Context, site: BlobSite): number {
  const note = randomNotes();
  return perOperation((turn) => site.size(note(turn)) ?? Number.NaN);
}

export const connectionCases: Case[] = [
  {
    name: 'the size of a value, in a loop',
    unit: 'ns',
    note: 'after `connection.database` was taken, its user may write on it, so every read is a transaction of its own.',
    contenders: {
      'reads share a snapshot': (context) => {
        const connection = openDatabase(sharedMedia(context.fixtures));
        return timeSizes(context, siteOf(connection));
      },
      'each read by itself': (context) => {
        const connection = openDatabase(sharedMedia(context.fixtures));
        void connection.database;
        return timeSizes(context, siteOf(connection));
      },
    },
  },
  {
    name: 'open a database and close it',
    unit: 'ns',
    note: 'an existing file. The bare connection is opened and gets the same pragmas, and nothing is read from it.',
    contenders: {
      kohakuvault: ({ fixtures, folder, perOperation }) => {
        const file = ownMedia(fixtures, folder);
        return perOperation(() => {
          const connection = openDatabase(file);
          connection.close();
          return connection.path.length;
        });
      },
      'better-sqlite3': async ({ fixtures, folder, perOperation }) => {
        const file = ownMedia(fixtures, folder);
        const { default: Database } = await import('better-sqlite3');
        return perOperation(() => configure(new Database(file)).close().name.length);
      },
    },
  },
];
