import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

// Without `import`, which Vite adds to its own: Node would give ES modules to packages that require others.
const conditions = ['@kohakuvault/source', 'node', 'module'];

export default defineConfig({
  // Siblings are imported from source, so tests need no build but the native one.
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/{*,adapters/*}/test/**/*.test.ts', 'tools/*/test/**/*.test.ts'],
    // Their frameworks are not installed here: `tools/adapters` runs them.
    exclude: [...configDefaults.exclude, 'packages/adapters/{langchain,mastra}/**'],
    // Processes, not threads: a test of the native core may end its process, and must not end the others'.
    pool: 'forks',
    execArgv: ['--conditions=@kohakuvault/source'],
    // Vitest leaves one core free; here much of the time goes by in processes that a test waits for.
    maxWorkers: availableParallelism() + 1,
    // The many processes that tests start compile the same sources: the second time they find it done.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile') },
    testTimeout: 120_000,
    // A hook may start a server.
    hookTimeout: 120_000,
  },
});
