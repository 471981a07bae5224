// watcher.ts FILE [keep MS] [since POSITION]: watches a file, and sends each change with its position.
import { KVault } from '@kohakuvault/kvault';

const [file = '', ...rest] = process.argv.slice(2);
const options = Object.fromEntries(rest.flatMap((name, at) => (at % 2 === 0 ? [[name, rest[at + 1]]] : [])));
const vault = new KVault(file);
const watch = vault.watch(undefined, {
  ...(options.keep ? { keep: Number(options.keep) } : {}),
  ...(options.since ? { since: options.since } : {}),
});
process.send?.('watches');
for await (const { kind, key, position, value } of watch) {
  process.send?.({ change: `${kind === 'set' ? '+' : '-'} ${key}`, position, value: value() });
}
