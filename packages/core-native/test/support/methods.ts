import type { BlobSite, Connection } from '@kohakuvault/core-native/internal/database';

interface Subject {
  connection: Connection;
  site: BlobSite;
}

/** One method, how to call it, and its result in each state: 'works', or the code of the failure. */
export interface Method {
  name: string;
  call(subject: Subject): unknown;
  inTransaction: string;
  whileIterating: string;
  afterClose: string;
  readonly: string;
  /** Calls with arguments of wrong types. */
  wrong: ((subject: Subject) => unknown)[];
}

const bytes = () => new Uint8Array(4);
const NOT_BODIES = [undefined, 1, {}, async () => 1] as never[];
const NOT_KEYS = [undefined, null, {}, true, Number.NaN, Symbol('key'), ['film', 'film']] as never[];
const NOT_OFFSETS = [-1, 1.5, '1', Number.NaN, 2 ** 60, null] as never[];
const NOT_VIEWS = [undefined, null, 'bytes', [1, 2], new ArrayBuffer(4), {}] as never[];

export const METHODS: Method[] = [
  {
    name: 'transaction',
    call: ({ connection }) => connection.transaction(() => 1),
    inTransaction: 'works',
    whileIterating: 'works',
    afterClose: 'KV_CLOSED',
    readonly: 'works',
    wrong: NOT_BODIES.map(
      (body) =>
        ({ connection }) =>
          connection.transaction(body),
    ),
  },
  {
    name: 'snapshot',
    call: ({ connection }) => connection.snapshot(() => 1),
    inTransaction: 'works',
    whileIterating: 'works',
    afterClose: 'KV_CLOSED',
    readonly: 'works',
    wrong: NOT_BODIES.map(
      (body) =>
        ({ connection }) =>
          connection.snapshot(body),
    ),
  },
  {
    name: 'checkpoint',
    call: ({ connection }) => connection.checkpoint(),
    inTransaction: 'KV_INVALID_ARGUMENT',
    whileIterating: 'KV_BUSY',
    afterClose: 'KV_CLOSED',
    readonly: 'KV_READONLY',
    wrong: [1, 'everything', null, {}].map(
      (mode) =>
        ({ connection }) =>
          connection.checkpoint(mode as never),
    ),
  },
  {
    name: 'optimize',
    call: ({ connection }) => connection.optimize(),
    inTransaction: 'KV_INVALID_ARGUMENT',
    whileIterating: 'KV_BUSY',
    afterClose: 'KV_CLOSED',
    readonly: 'KV_READONLY',
    wrong: [],
  },
  {
    name: 'blobs',
    call: ({ connection }) => connection.blobs({ table: 'media', column: 'content', key: 'name' }),
    inTransaction: 'works',
    whileIterating: 'works',
    afterClose: 'KV_CLOSED',
    readonly: 'works',
    wrong: [
      ...[1, '', null, 'a\0b'].flatMap((name) => [
        ({ connection }: Subject) => connection.blobs({ table: name as never, column: 'content', key: 'name' }),
        ({ connection }: Subject) => connection.blobs({ table: 'media', column: name as never, key: 'name' }),
        ({ connection }: Subject) => connection.blobs({ table: 'media', column: 'content', key: [name as never] }),
      ]),
      ({ connection }) => connection.blobs({ table: 'media', column: 'content', key: [] }),
    ],
  },
  {
    name: 'size',
    call: ({ site }) => site.size('film'),
    inTransaction: 'works',
    whileIterating: 'works',
    afterClose: 'KV_CLOSED',
    readonly: 'works',
    wrong: NOT_KEYS.map(
      (key) =>
        ({ site }) =>
          site.size(key),
    ),
  },
  {
    name: 'read',
    call: ({ site }) => site.read('film', bytes()),
    inTransaction: 'works',
    whileIterating: 'works',
    afterClose: 'KV_CLOSED',
    readonly: 'works',
    wrong: [
      ...NOT_KEYS.map(
        (key) =>
          ({ site }: Subject) =>
            site.read(key, bytes()),
      ),
      ...NOT_OFFSETS.map(
        (offset) =>
          ({ site }: Subject) =>
            site.read('film', bytes(), offset),
      ),
      ...NOT_VIEWS.map(
        (view) =>
          ({ site }: Subject) =>
            site.read('film', view),
      ),
    ],
  },
  {
    name: 'write',
    call: ({ site }) => site.write('film', bytes()),
    inTransaction: 'works',
    whileIterating: 'works',
    afterClose: 'KV_CLOSED',
    readonly: 'KV_READONLY',
    wrong: [
      ...NOT_KEYS.map(
        (key) =>
          ({ site }: Subject) =>
            site.write(key, bytes()),
      ),
      ...NOT_OFFSETS.map(
        (offset) =>
          ({ site }: Subject) =>
            site.write('film', bytes(), offset),
      ),
      ...NOT_VIEWS.map(
        (view) =>
          ({ site }: Subject) =>
            site.write('film', view),
      ),
    ],
  },
  {
    name: 'close',
    call: ({ connection }) => connection.close(),
    inTransaction: 'works',
    whileIterating: 'KV_BUSY',
    afterClose: 'works',
    readonly: 'works',
    wrong: [],
  },
];
