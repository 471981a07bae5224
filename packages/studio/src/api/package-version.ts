import { createRequire } from 'node:module';

/** The version of this package. */
export const PACKAGE_VERSION = (
  createRequire(import.meta.url)('@kohakuvault/studio/package.json') as { version: string }
).version;
