// Checks in seconds what an editor cannot show: format, lint, types and import cycles. `test` runs everything.
import { run } from './run.ts';
import { BIOME, IMPORT_CYCLES, TSC, TSC_PAGE } from './steps.ts';

const outcomes = await Promise.all(
  [BIOME, TSC, TSC_PAGE, IMPORT_CYCLES].map(async ({ name, command }) => {
    const start = performance.now();
    const { ok, output } = await run(command);
    if (!ok) console.log(`${output.trimEnd()}\n`);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    return ok;
  }),
);
process.exitCode = outcomes.every(Boolean) ? 0 : 1;
