import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningStudio, type StartOptions, startStudio } from '@kohakuvault/studio';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import { launchChromium } from '../src/chromium.ts';

const PAGE = join(import.meta.dirname, '../../../packages/studio/dist/page/index.html');

/** A refused request, which views show; and that a stored picture may run nothing, which is what is tested. */
const EXPECTED = /^(?:Failed to load resource|Blocked script execution in '[^']*\/raw\?)/;
/** The machine may be busy with much else. */
const PATIENCE = 60_000;

/** Starts one browser for the tests of a file. */
export function useBrowser(): () => Browser {
  vi.setConfig({ testTimeout: 10 * PATIENCE });
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (!existsSync(PAGE)) {
      throw new Error('The page has not been built: npx -y pnpm@12 --filter @kohakuvault/studio build:page');
    }
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  return () => browser as Browser;
}

/** Starts a Studio that ends with the test, or, outside of one, with what `end` is called at. */
export async function startedStudio(
  options: StartOptions,
  end: (close: () => Promise<void>) => void = onTestFinished,
): Promise<RunningStudio> {
  const studio = await startStudio(options);
  end(() => studio.close());
  return studio;
}

export interface OpenedPage {
  readonly page: Page;
  /** Goes to a view, as a person does who types the address. */
  readonly go: (hash: string) => Promise<void>;
  /** What the page complained about: exceptions, refusals by the content policy. */
  readonly complaints: string[];
}

/** Opens the page of a Studio with its token. When the test ends, the page must have complained about nothing. */
export async function openPage(
  browser: Browser,
  studio: RunningStudio,
  hash = '',
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: 'en-US', ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(studio.url + hash);
  const base = studio.url.replace(/\?.*/, '');
  return {
    page,
    go: async (next) => {
      await page.goto(base + next);
    },
    complaints,
  };
}

/** Waits until something that a page tells is as expected. */
export async function eventually<T>(read: () => Promise<T>, expected: T): Promise<void> {
  await polled(read).toEqual(expected);
}

/** As `expect.poll`, with patience. */
export function polled<T>(read: () => Promise<T>): ReturnType<typeof expect.poll> {
  return expect.poll(read, { timeout: PATIENCE, interval: 50 });
}
