import { curveTask, histogramTask, summaryTask } from '../columns/statistics.ts';
import { countTask } from '../keys/keys-page.ts';
import { sizesTask } from '../overview/sizes.ts';
import { verifyTask } from '../overview/verify.ts';
import { sqlExportTask } from '../sql/sql-export.ts';
import { planTask, sqlTask } from '../sql/sql-tasks.ts';
import { mapTask } from '../vectors/vector-map.ts';
import { recallTask } from '../vectors/vector-search.ts';

/** All long work, by its name. */
export const TASKS = {
  curve: curveTask,
  summary: summaryTask,
  histogram: histogramTask,
  count: countTask,
  sizes: sizesTask,
  verify: verifyTask,
  sql: sqlTask,
  'sql plan': planTask,
  'sql export': sqlExportTask,
  map: mapTask,
  recall: recallTask,
} as const;

export type TaskName = keyof typeof TASKS;
