// node tools/release/src/publish.ts <folder of tarballs> [arguments for npm publish]
// Publishes what is not published yet, each package after those it depends on, so platform packages first. After a
// failure a second run goes on where the first stopped.
import { execFileSync } from 'node:child_process';
import { isPublished } from './registry.ts';
import { readTarballs } from './tarballs.ts';

const [folder, ...more] = process.argv.slice(2);
if (!folder) throw new Error('expected the folder that holds the tarballs as the first argument');

for (const { file, manifest } of readTarballs(folder)) {
  const release = `${manifest.name}@${manifest.version}`;
  if (isPublished(manifest.name, manifest.version, more)) {
    console.log(`${release} is there already`);
    continue;
  }
  execFileSync('npm', ['publish', file, '--access', 'public', '--loglevel', 'warn', ...more], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`${release} published`);
}
