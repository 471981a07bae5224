// Opens files while Node says that they are on a file system of some type, and prints how much of each is mapped.
import fs from 'node:fs';

const [file = '', type = ''] = process.argv.slice(2);
fs.statfsSync = (() => ({ type: Number(type) })) as unknown as typeof fs.statfsSync;
process.removeAllListeners('warning');

const { openDatabase } = await import('@kohakuvault/core-native/internal/database');
const sizes = [{}, { mmapSize: 65_536 }, { enableWal: false }].map((options, nth) => {
  using connection = openDatabase(`${file}-${nth}`, options);
  return connection.database.pragma('mmap_size', { simple: true });
});
console.log(JSON.stringify(sizes));
