// Opens a file twice while Node says that it is on a file system of some type, and prints the codes of the warnings.
import fs from 'node:fs';

const [file = '', type = '', options = '{}'] = process.argv.slice(2);
fs.statfsSync = (() => ({ type: Number(type) })) as unknown as typeof fs.statfsSync;
process.removeAllListeners('warning');
process.on('warning', (warning) =>
  console.log(JSON.stringify({ code: (warning as Error & { code?: string }).code, message: warning.message })),
);

const { openDatabase } = await import('@kohakuvault/core-native/internal/database');
for (let times = 0; times < 2; times++) openDatabase(file, JSON.parse(options)).close();
