export { Findings, type PackageTables, type TableInspector } from '@kohakuvault/core-native/internal/database';
export { bytesOfBits } from '../arrow/bits.ts';
export type { ArrowType } from '../export/arrow/arrow-type.ts';
export { nestedArrays } from '../export/nested-arrays.ts';
export { infoOf, numberBytes } from '../export/page-elements.ts';
export { type Page, pagesOf } from '../export/pages.ts';
export { columnInspector } from './column-inspector.ts';
export type { ColumnSummary } from './summaries.ts';
export { hasBlockColumns, hasColumns } from './tables.ts';
