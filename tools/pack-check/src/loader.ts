// Checks the errors of the native core's loader.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyConsumer, installed } from './consumers.ts';
import type { PackedPackage } from './pack.ts';
import type { Report } from './report.ts';
import { runNode } from './run.ts';

/** Breaks copies of the consumer, and checks that each error names what is broken. */
export function checkLoader(report: Report, consumer: string, platform: PackedPackage): void {
  const { name, main = '' } = platform.manifest;

  report.succeeds('the loader names the platform package that is not installed', async () => {
    const folder = copyConsumer(consumer, `${consumer}-native-missing`);
    rmSync(installed(folder, name), { recursive: true });
    await runNode(['run/native-refused.mjs', name, 'MODULE_NOT_FOUND'], folder);
  });

  report.succeeds('the loader names a node_modules that comes from another platform', async () => {
    const folder = copyConsumer(consumer, `${consumer}-native-other`);
    const other = name.endsWith('-darwin-arm64') ? 'darwin-x64' : 'darwin-arm64';
    renameSync(installed(folder, name), installed(folder, name.replace(/core-native-.*/, `core-native-${other}`)));
    await runNode(
      ['run/native-refused.mjs', `is not installed, but the core for ${other} is`, 'MODULE_NOT_FOUND'],
      folder,
    );
  });

  report.succeeds('the loader reports why the system refuses a binary', async () => {
    const folder = copyConsumer(consumer, `${consumer}-native-damaged`);
    writeFileSync(join(installed(folder, name), main), 'this is not a shared library');
    await runNode(['run/native-refused.mjs', name, 'ERR_DLOPEN_FAILED'], folder);
  });
}
