export type { ErrorCode } from './errors/errors.ts';
export { CorruptData, DatabaseBusy, InvalidArgument, IoError, KohakuVaultError, NotFound } from './errors/errors.ts';
