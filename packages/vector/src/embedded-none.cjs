// Chosen by everything but Bun: nothing is embedded in the program. Turbopack, which follows `require` in ES modules,
// collects the files that are named here for Next.js. A library is only a file to it, so the file is named by its path:
// npm and pnpm both put it there. Nobody calls this.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

exports.named = () => [
  readFileSync(join(__dirname, '../../../sqlite-vec-linux-x64/vec0.so')),
  readFileSync(join(__dirname, '../../../sqlite-vec-linux-arm64/vec0.so')),
  readFileSync(join(__dirname, '../../../sqlite-vec-darwin-x64/vec0.dylib')),
  readFileSync(join(__dirname, '../../../sqlite-vec-darwin-arm64/vec0.dylib')),
  readFileSync(join(__dirname, '../../../sqlite-vec-windows-x64/vec0.dll')),
];
