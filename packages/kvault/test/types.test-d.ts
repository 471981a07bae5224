// What the compiler infers of a vault's keys and values. Only tsc reads this.

import type { SyncBody } from '@kohakuvault/core-native/database';
import { Json, type KeyEncoding, KVault, type KVaultOptions, Pickle, type Version } from '@kohakuvault/kvault';
import { expectTypeOf } from 'vitest';

interface User {
  name: string;
  age?: number;
}

const users = new KVault<User>('users.db');
const anything = new KVault('anything.db');
const bytes = new KVault('bytes.db', { keyEncoding: 'bytes' });

expectTypeOf(users).toEqualTypeOf<KVault<User, 'utf8'>>();
expectTypeOf(users.get('a')).toEqualTypeOf<User | undefined>();
expectTypeOf(users.get('a', null)).toEqualTypeOf<User | null>();
expectTypeOf(users.getOrThrow('a')).toEqualTypeOf<User>();
expectTypeOf(users.getMany(['a', Buffer.from('b')])).toEqualTypeOf<(User | undefined)[]>();
expectTypeOf(users.pop('a')).toEqualTypeOf<User | undefined>();
expectTypeOf(users.pop('a', 0)).toEqualTypeOf<User | number>();
expectTypeOf(users.setDefault('a', { name: 'Ada' })).toEqualTypeOf<User>();
expectTypeOf([...users.values()]).toEqualTypeOf<User[]>();
expectTypeOf(users.asObject()).toEqualTypeOf<Record<string, User>>();
expectTypeOf(users.cache((same) => same.size)).toEqualTypeOf<number>();
expectTypeOf(anything.get('a')).toBeAny();

// Keys follow keyEncoding.
expectTypeOf([...users.keys()]).toEqualTypeOf<string[]>();
expectTypeOf([...users.entries('a')]).toEqualTypeOf<[string, User][]>();
expectTypeOf([...users]).toEqualTypeOf<[string, User][]>();
expectTypeOf([...bytes.keys()]).toEqualTypeOf<Buffer[]>();
expectTypeOf(Array.from(bytes, ([key]) => key)).toEqualTypeOf<Buffer[]>();
expectTypeOf([...new KVault<User, 'bytes'>('a.db', { keyEncoding: 'bytes' })]).toEqualTypeOf<[Buffer, User][]>();
expectTypeOf([...new KVault('a.db', { keyEncoding: 'utf8' }).keys()]).toEqualTypeOf<string[]>();
expectTypeOf([...new KVault('a.db', { table: 'other' }).keys()]).toEqualTypeOf<string[]>();
declare const options: KVaultOptions;
expectTypeOf([...new KVault('a.db', options).keys()]).toEqualTypeOf<(string | Buffer)[]>();
const either: KVault<User, KeyEncoding> = users;
expectTypeOf([...either.keys()]).toEqualTypeOf<(string | Buffer)[]>();

// A wrapper is accepted wherever a value is.
users.set('a', new Json({ name: 'Ada' })).set('b', new Pickle<User>({ name: 'Grace', age: 85 }));
users.setMany([
  ['a', new Json({ name: 'Ada' })],
  [Buffer.from('b'), { name: 'Grace' }],
]);
users.update({ a: new Json({ name: 'Ada' }), b: { name: 'Grace' } });
users.update(new Map([['a', new Json({ name: 'Ada' })]]));
expectTypeOf(users.setDefault('a', new Json({ name: 'Ada' }))).toEqualTypeOf<User>();

// A body's result is that of the call, and may be anything but a promise.
expectTypeOf(users.transaction(() => 1)).toEqualTypeOf<number>();
expectTypeOf(users.snapshot(() => users.get('a'))).toEqualTypeOf<User | undefined>();
expectTypeOf(users.transaction(() => {})).toEqualTypeOf<void>();
expectTypeOf(users.transaction(() => anything.get('a'))).toBeAny();
expectTypeOf(
  users.transaction(() => {
    throw new Error('never returns');
  }),
).toEqualTypeOf<never>();
const generic = <T>(body: SyncBody<T>): T => users.transaction(body);
expectTypeOf(generic(() => 'text')).toEqualTypeOf<string>();
// @ts-expect-error: the body is async
users.transaction(async () => 1);
// @ts-expect-error: the body returns a promise
users.snapshot(() => users.putFile('a', Buffer.of(1)));
// @ts-expect-error: the body may return a promise
users.transaction((): number | Promise<number> => 1);

// @ts-expect-error: the value has another type
users.set('a', { nam: 'Ada' });
// @ts-expect-error: the wrapped value has another type
users.set('a', new Json({ nam: 'Ada' }));
// @ts-expect-error: the type arguments say that keys come back as strings
new KVault<User>('a.db', { keyEncoding: 'bytes' });
// @ts-expect-error: no such option
new KVault('a.db', { tabel: 'kv' });
// @ts-expect-error: no such key
users.get(1);
// @ts-expect-error: a vault whose keys are bytes is not one whose keys are strings
const wrong: KVault = bytes;
wrong.close();

// Entries that expire, compare-and-set, and sublevels.
users.set('a', { name: 'Ada' }, { ttl: 1_000 }).set('b', { name: 'Bo' }, { expiresAt: new Date() });
expectTypeOf(users.ttlOf('a')).toEqualTypeOf<number | undefined>();
expectTypeOf(users.getWithVersion('a')).toEqualTypeOf<{ value: User | undefined; version: Version }>();
users.compareAndSet('a', users.getWithVersion('a').version, { name: 'Ada' });
users.compareAndSet('a', { name: 'Ada' }, undefined, { ttl: 1_000 });
expectTypeOf(users.increment('n')).toEqualTypeOf<number>();
expectTypeOf(users.increment('n', 1n)).toEqualTypeOf<bigint>();
expectTypeOf(users.sub('inner')).toEqualTypeOf<KVault<User, 'utf8'>>();
expectTypeOf(users.sub<number>('inner')).toEqualTypeOf<KVault<number, 'utf8'>>();
expectTypeOf([...bytes.sub('inner').keys()]).toEqualTypeOf<Buffer[]>();
// @ts-expect-error: not a time
users.set('a', { name: 'Ada' }, { ttl: '1s' });
// @ts-expect-error: the next value has another type
users.compareAndSet('a', undefined, 1);

// With auto-packing off, values are bytes.
const raw = new KVault('raw.db', { autoPack: false });
expectTypeOf(raw).toExtend<KVault<unknown, 'utf8', false>>();
expectTypeOf(raw.get('a')).toEqualTypeOf<Buffer | undefined>();
expectTypeOf(raw.get('a', null)).toEqualTypeOf<Buffer | null>();
expectTypeOf([...raw]).toEqualTypeOf<[string, Buffer][]>();
raw.set('a', Buffer.of(1)).set('b', new Float32Array(1)).set('c', new ArrayBuffer(1));
raw.setMany([['a', new DataView(new ArrayBuffer(1))]]);
expectTypeOf(new KVault('a.db', { autoPack: false, keyEncoding: 'bytes' }).pop('a')).toEqualTypeOf<
  Buffer | undefined
>();
expectTypeOf(new KVault('a.db', { autoPack: true })).toEqualTypeOf<KVault>();
// @ts-expect-error: not bytes
raw.set('a', { name: 'Ada' });
// @ts-expect-error: text must be encoded
raw.set('a', 'text');
// @ts-expect-error: a wrapper is not bytes
raw.set('a', new Json(1));
// @ts-expect-error: not bytes
raw.update({ a: 1 });
// @ts-expect-error: the type arguments say that values are packed
new KVault<User>('a.db', { autoPack: false });
const switching = new KVault<User, 'utf8', boolean>('a.db', { autoPack: false });
switching.set('a', Buffer.of(1)).enableAutoPack();
switching.set('a', { name: 'Ada' });
expectTypeOf(switching.get('a')).toEqualTypeOf<User | Buffer | undefined>();

// Values follow valueEncoding.
const texts = new KVault('a.db', { valueEncoding: 'utf8' });
expectTypeOf(texts.get('a')).toEqualTypeOf<string | undefined>();
expectTypeOf([...texts.entries()]).toEqualTypeOf<[string, string][]>();
// @ts-expect-error: not a string.
texts.set('a', 1);
const files = new KVault('a.db', { valueEncoding: 'binary', keyEncoding: 'bytes' });
expectTypeOf(files.getOrThrow('a')).toEqualTypeOf<Buffer>();
expectTypeOf([...files.keys()]).toEqualTypeOf<Buffer[]>();
files.set('a', new Uint8Array(1)).set('b', Buffer.from('b'));
// @ts-expect-error: not bytes.
files.set('a', 'text');
const rows = new KVault<User>('a.db', { valueEncoding: 'msgpack' });
expectTypeOf(rows.get('a')).toEqualTypeOf<User | undefined>();
expectTypeOf(new KVault('a.db', { valueEncoding: 'json' }).get('a')).toBeAny();
new KVault<string>('a.db', { valueEncoding: 'utf8' });
// @ts-expect-error: there is no such encoding.
new KVault('a.db', { valueEncoding: 'utf-8' });
const dates = new KVault('a.db', {
  valueEncoding: {
    name: 'date',
    encode: (date: Date) => Buffer.from(date.toISOString()),
    decode: (bytes) => new Date(bytes.toString()),
  },
});
expectTypeOf(dates.get('a')).toEqualTypeOf<Date | undefined>();
expectTypeOf(dates.renameTable('b')).toEqualTypeOf<typeof dates>();
// @ts-expect-error: not a Date.
dates.set('a', 'today');
const passed: KVault<unknown, KeyEncoding> = files;
expectTypeOf(passed.valueEncoding).toEqualTypeOf<string>();
const same: KVault<User> = rows;
expectTypeOf(same.get('a')).toEqualTypeOf<User | undefined>();
