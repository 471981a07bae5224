export { default, kvaultDriver } from './driver.ts';
export type { KVaultDriverOptions, RawType } from './options.ts';
