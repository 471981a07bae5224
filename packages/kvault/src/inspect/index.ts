export { Findings, type PackageTables, type TableInspector } from '@kohakuvault/core-native/internal/database';
export { JobRows, queuesOf } from '../queue/job-rows.ts';
export { JOBS } from '../queue/job-table.ts';
export { expiryTimes } from './expiry-times.ts';
export { keyText } from './key-text.ts';
export { type KeyValueSummary, keyValueInspector } from './key-value-inspector.ts';
export { type EncodedValue, StoredLook } from './stored-look.ts';
export { partsOf } from './tables.ts';
