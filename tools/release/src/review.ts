// node tools/release/src/review.ts <folder of tarballs>
// Reviews a release: checks that every platform's binary is there, and prints how manifests differ from the published
// ones.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lookUp } from './registry.ts';
import { readTarballs, type Tarball } from './tarballs.ts';

const PLATFORMS = join(import.meta.dirname, '../../../packages/core-native/npm');
/** The least size of a built binary, in bytes; an empty or truncated one is smaller. */
const LEAST_BYTES = 500_000;
/** Stands for the repository in every manifest until its address is known. */
const PLACEHOLDER = 'github.com/OWNER/';
/** The fields that npm adds to a manifest. */
const OF_THE_REGISTRY = /^(_|dist$|maintainers$|time$|versions$|dist-tags$|gitHead$|readme|users$|bugs$|homepage$)/;

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('expected the folder that holds the tarballs as the first argument');

const tarballs = readTarballs(folder);
const complaints: string[] = [];
checkBinaries();
checkAddresses();
for (const tarball of tarballs) compare(tarball);
for (const complaint of complaints) console.error(`WRONG ${complaint}`);
if (complaints.length > 0) process.exitCode = 1;

function checkBinaries(): void {
  const platforms = readdirSync(PLATFORMS).map((platform) => `@kohakuvault/core-native-${platform}`);
  for (const name of platforms) {
    const binaries = tarballs.find(({ manifest }) => manifest.name === name)?.binaries;
    if (!binaries) complaints.push(`${name} is not packed`);
    else if (binaries.length !== 1) complaints.push(`${name} holds ${binaries.length} binaries; expected one`);
    else if ((binaries[0]?.bytes ?? 0) < LEAST_BYTES)
      complaints.push(`${name}: its binary is ${binaries[0]?.bytes} bytes long`);
  }
  const found = tarballs.reduce((count, { binaries }) => count + binaries.length, 0);
  console.log(`${tarballs.length} packages, ${found} binaries for ${platforms.length} platforms`);
  for (const { manifest, binaries } of tarballs) {
    if (binaries.length > 0 && !platforms.includes(manifest.name)) complaints.push(`${manifest.name} holds a binary`);
  }
}

/** Complains of addresses that docs/releasing.md asks to fill in. */
function checkAddresses(): void {
  for (const { manifest } of tarballs) {
    if (JSON.stringify(manifest).includes(PLACEHOLDER))
      complaints.push(`${manifest.name}: replace ${PLACEHOLDER} by the repository's address, see docs/releasing.md`);
  }
}

/** Prints each field that differs from the newest published version. */
function compare({ manifest }: Tarball): void {
  const published = lookUp(manifest.name);
  console.log(`\n${manifest.name} ${published ? `${published.version} -> ` : 'new: '}${manifest.version}`);
  if (!published) return;
  const fields = new Set([...Object.keys(published), ...Object.keys(manifest)]);
  for (const field of fields) {
    if (OF_THE_REGISTRY.test(field)) continue;
    const [before, after] = [published[field], manifest[field]].map((value) => JSON.stringify(value));
    if (before === after) continue;
    if (before !== undefined) console.log(`  - ${field}: ${before}`);
    if (after !== undefined) console.log(`  + ${field}: ${after}`);
  }
}
