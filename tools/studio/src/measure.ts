// Measures the page: its compressed size, how soon a long file shows something, frames a second while scrolling, and the
// memory of the server, which is the built package: Node needs much memory to run the sources of TypeScript.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import type { CDPSession, Page } from 'playwright-core';
import { Random } from '../../testing/src/random.ts';
import { launchChromium } from './chromium.ts';

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000000' },
    points: { type: 'string', default: '10000000' },
    vectors: { type: 'string', default: '100000' },
    gigabytes: { type: 'string', default: '1' },
    // Where the file is, or is made and stays; otherwise it is deleted.
    file: { type: 'string' },
  },
});
const [keys, points, vectors] = [Number(values.keys), Number(values.points), Number(values.vectors)];
const bytes = Number(values.gigabytes) * 1e9;

/** Frames of one measurement. */
const FRAMES = 240;

const assets = join(import.meta.dirname, '../../../packages/studio/dist/page');
const sizes = readdirSync(assets, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.br'))
  .map((name) => statSync(join(assets, name)).size);
console.log(`the page: ${kb(sizes.reduce((sum, size) => sum + size, 0))}, compressed by brotli`);

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-measure-'));
try {
  await measure(values.file ?? join(folder, 'large.db'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(file: string): Promise<void> {
  if (!existsSync(file)) await make(file);
  console.log(`the file: ${(statSync(file).size / 1e9).toFixed(2)} GB`);
  const server = await served(file);
  console.log(`memory of the server before the first request: ${server.memory()}`);
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
  page.setDefaultTimeout(300_000);
  await page.addInitScript(`
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.part')) return;
      observer.disconnect();
      requestAnimationFrame(() => { globalThis.firstView = performance.now(); });
    }).observe(document, { childList: true, subtree: true });
  `);
  const base = server.url.replace(/\?.*/, '');
  await page.goto(server.url);
  for (let turn = 0; turn < 5; turn++) {
    await page.goto('about:blank');
    await page.goto(base);
    await page.getByRole('link', { name: /keys/ }).first().waitFor();
    const [loaded, shown] = await page.evaluate<[number, number]>(
      `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
        done([performance.getEntriesByType('navigation')[0].loadEventEnd, globalThis.firstView]))))`,
    );
    console.log(`first view: ${ms(shown - loaded)} after the page has loaded, ${ms(shown)} after it was asked for`);
  }
  console.log(`memory of the server then: ${server.memory()}`);

  await page.goto(`${base}#/0/keys/kv`);
  await page.getByRole('option').first().waitFor();
  await report(page, `scrolling ${keys} keys by a wheel`, `document.querySelector('.list').scrollTop += 90`);
  await report(page, 'scrolling them by the bar', `document.querySelector('.list').scrollTop += 60_000`);
  console.log(`memory of the server then: ${server.memory()}`);
  await page.goto(`${base}#/0/columns?show=wave&tab=table`);
  await page.locator('.table-row').nth(5).waitFor();
  await report(page, `scrolling a table of ${points} rows`, `document.querySelector('.table-box').scrollTop += 90`);
  const started = performance.now();
  await page.goto(`${base}#/0/columns?show=wave`);
  await page.getByText('Rows 0 to').waitFor();
  console.log(`a curve of ${points} points: ${ms(performance.now() - started)}`);
  console.log(`memory of the server then: ${server.memory()}`);
  await page.goto(`${base}#/0/vectors/map`);
  await page.getByText('of the variance').waitFor();
  await report(
    page,
    `moving a map of ${vectors} vectors`,
    `document.querySelector('.map canvas').dispatchEvent(new PointerEvent('pointermove', { buttons: 1, movementX: 2, bubbles: true }))`,
  );
  console.log(`memory of the server at the end: ${server.memory()}`);
  await browser.close();
  server.end();
}

interface Served {
  readonly url: string;
  /** What it has of the machine's memory, as Linux tells. */
  readonly memory: () => string;
  readonly end: () => void;
}

/** Starts the Studio as a process of its own. */
async function served(file: string): Promise<Served> {
  const program = join(import.meta.dirname, 'serve.mjs');
  const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const memory = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const of = (name: string) => mb(Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]) * 1_024);
    return `${of('RssAnon')} of its own, at most ${of('VmHWM')} with the files that it maps`;
  };
  return { url: line.toString().trim(), memory, end: () => void child.kill() };
}

async function make(file: string): Promise<void> {
  using vault = new KVault(file);
  vault.cache(() => {
    for (let key = 0; key < keys; key++) vault.set(`user:${String(key).padStart(8, '0')}`, key);
  });
  const piece = Buffer.alloc(1 << 20);
  await vault.putFile(
    'large.bin',
    Readable.from(
      (function* () {
        for (let sent = 0; sent < bytes; sent += piece.length) yield piece;
      })(),
    ),
  );
  using columns = new ColumnVault(vault);
  const wave = columns.ensure('wave', 'f64');
  for (let start = 0; start < points; start += 1_000_000) {
    wave.extend(
      Float64Array.from({ length: Math.min(1_000_000, points - start) }, (_, at) => Math.sin((start + at) / 1e5)),
    );
  }
  const random = new Random(1);
  using map = new VectorKVault<number>(vault, { table: 'map', dimensions: 8, metric: 'l2' });
  for (let start = 0; start < vectors; start += 10_000) {
    map.insertMany(
      Array.from({ length: Math.min(10_000, vectors - start) }, (_, at) => {
        const group = at % 9;
        return [Array.from({ length: 8 }, (__, axis) => ((group * axis) % 5) + random.below(1_000) / 900), at] as const;
      }),
    );
  }
}

/** Does something in each frame, and tells how many frames a second there were, and how late the latest was. */
async function report(page: Page, what: string, each: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await workOf(session);
  const times = await page.evaluate<number[]>(`new Promise((done) => {
    const times = [];
    const step = (time) => {
      times.push(time);
      if (times.length > ${FRAMES}) return done(times);
      ${each};
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`);
  const work = (((await workOf(session)) - before) * 1_000) / FRAMES;
  await session.detach();
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  const late = gaps.filter((gap) => gap > 25).length;
  console.log(
    `${what}: ${(gaps.length / (total / 1_000)).toFixed(1)} frames a second; ${work.toFixed(1)} ms of processor time for each in the page; ${late} of ${gaps.length} took more than 25 ms, the longest ${ms(Math.max(...gaps))}`,
  );
}

/** Returns the processor time of the page's main thread so far, in seconds: a busy machine does not change it. */
async function workOf(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function mb(value: number): string {
  return `${(value / 1e6).toFixed(0)} MB`;
}

function kb(value: number): string {
  return `${(value / 1_000).toFixed(1)} KB`;
}
