import { readFileSync } from 'node:fs';
import { PACKAGE } from './here.ts';

/** The version of this package. */
export const PACKAGE_VERSION = (
  JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')) as { version: string }
).version;
