export { Findings, type PackageTables, type TableInspector } from '@kohakuvault/core-native/internal/database';
export { columnInspector } from './column-inspector.ts';
export { type Page, pagesOf } from './pages.ts';
export type { ColumnSummary } from './summaries.ts';
export { hasColumns } from './tables.ts';
