import { type Counts, countCargo, countLines, countVitest } from './counts.ts';

export interface Step {
  name: string;
  command: string[];
  /** Finds the counts in the step's output; a step without it counts as one. */
  count?(output: string): Counts;
}

/** What TypeScript knows about the files that have not changed since. */
const KNOWN_TYPES = 'node_modules/.cache/tsc/workspace.tsbuildinfo';

export const BIOME: Step = { name: 'format and lint (biome)', command: ['biome', 'check', '--error-on-warnings', '.'] };
export const TSC: Step = {
  name: 'types (tsc)',
  command: ['tsc', '-p', '.', '--incremental', '--tsBuildInfoFile', KNOWN_TYPES],
};
/** The page of the Studio runs in a browser, which has other types. */
export const TSC_PAGE: Step = {
  name: 'types of the page (tsc)',
  command: [
    'tsc',
    '-p',
    'packages/studio/page',
    '--incremental',
    '--tsBuildInfoFile',
    'node_modules/.cache/tsc/page.tsbuildinfo',
  ],
};
export const IMPORT_CYCLES: Step = { name: 'import cycles', command: ['node', 'tools/tasks/import-cycles.ts'] };

/** A step that turbo repeats only if its inputs in turbo.json have changed. Otherwise it prints the output of the last run. */
function cached(name: string, task: string, count?: Step['count']): Step {
  const command = ['node', 'tools/tasks/turbo.ts', `step:${task}`, '--output-logs=full', '--log-prefix=none'];
  return count ? { name, command, count } : { name, command };
}

/** Each of these mostly uses one core, so the lists run at the same time; the steps of a list run one after the other. */
export const SIDE_BY_SIDE: Step[][] = [
  [BIOME, IMPORT_CYCLES, TSC, TSC_PAGE, cached('API reference (typedoc)', 'typedoc')],
  [
    cached('format (rustfmt)', 'rustfmt'),
    cached('lint (clippy)', 'clippy'),
    cached('lint of the tests (clippy)', 'clippy-tests'),
    cached('core (cargo test)', 'cargo-test', countCargo),
  ],
];

/** Each of these keeps every core busy, so they run one after the other. */
export const ALONE: Step[] = [
  cached('packages (vitest)', 'vitest-packages', countVitest),
  // They look at the whole repository, and at other programs of the machine.
  // The page of the Studio takes a browser and four minutes: `pnpm studio:test`.
  { name: 'tools (vitest)', command: ['vitest', 'run', 'tools/', '--exclude', 'tools/studio/**'], count: countVitest },
  cached('packed packages (pack-check)', 'pack-check', countLines),
  // The others install a bundler each: `pnpm bundlers`.
  cached('bundles (esbuild)', 'bundles', countLines),
];
