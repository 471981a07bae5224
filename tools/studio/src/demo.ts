// Makes a file with something of everything, to look at it with the Studio.
import { existsSync } from 'node:fs';
import { makeDemoFile } from './demo-file.ts';

const [, , file] = process.argv;
if (file === undefined || existsSync(file)) {
  console.error(file === undefined ? 'Name the file to make.' : `${file} exists; name a new file.`);
  process.exitCode = 1;
} else {
  makeDemoFile(file);
  console.log(`Made ${file}. Look at it: npx kohakuvault studio ${file}`);
}
