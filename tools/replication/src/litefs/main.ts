// Has LiteFS replicate a file from one file system to another, and changes the primary: see ../../README.md.
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWithGo } from '../go-program.ts';
import { changedConfiguration, changingPrimary } from './scenarios.ts';

const FUSE = '/dev/fuse';

function mayMount(): boolean {
  try {
    accessSync(FUSE, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(what: string): never {
  console.log(`${what}: nothing was tested`);
  process.exit(1);
}

if (!mayMount()) missing(`LiteFS is a file system of FUSE, and ${FUSE} cannot be opened here`);
const program =
  buildWithGo('github.com/superfly/litefs/cmd/litefs', 'v0.5.14') ??
  missing('LiteFS is built by Go, which is not installed');
const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-litefs-'));
try {
  for (const scenario of [changedConfiguration, changingPrimary]) await scenario({ program, folder, log: console.log });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
