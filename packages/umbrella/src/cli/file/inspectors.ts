import { columnInspector } from '@kohakuvault/columns/inspect';
import type { TableInspector } from '@kohakuvault/core-native/internal/database';
import { keyValueInspector } from '@kohakuvault/kvault/inspect';
import { textInspector } from '@kohakuvault/text/inspect';
import { vectorInspector } from '@kohakuvault/vector/inspect';

/** The inspector of each package, in the order of a report. */
export const INSPECTORS = {
  kv: keyValueInspector,
  columns: columnInspector,
  vectors: vectorInspector,
  texts: textInspector,
} as const satisfies Record<string, TableInspector>;
