import { join } from 'node:path';
import { defineConfig } from 'vite';

// Assets have relative addresses: the handler may be mounted anywhere. Nothing is inlined: the policy of the page
// (`default-src 'self'`) takes no `data:` and no inline script.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(import.meta.dirname, '../dist/page'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  worker: { format: 'es' },
});
