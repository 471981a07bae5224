// Imports every entry, and prints what it has loaded.
import { createRequire } from 'node:module';

const started = performance.now();
const entries = ['kohakuvault', ...process.argv.slice(2).map((name) => `kohakuvault/${name}`)];
for (const entry of entries) await import(entry);
const milliseconds = performance.now() - started;
const shared = process.report.getReport().sharedObjects;
const cached = Object.keys(createRequire(import.meta.url).cache);
console.log(
  JSON.stringify({
    milliseconds,
    native: shared.filter((path) => path.endsWith('.node')),
    sqlite: cached.filter((path) => path.includes('better-sqlite3')),
  }),
);
