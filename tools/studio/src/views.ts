import type { Page } from 'playwright-core';

export interface View {
  /** Also of its pictures. */
  readonly name: string;
  readonly hash: string;
  /** Waits until the view shows what it is about. */
  readonly ready: (page: Page) => Promise<void>;
}

const shows =
  (text: string | RegExp) =>
  async (page: Page): Promise<void> => {
    await page.getByText(text).first().waitFor();
  };

/** The views of the demo file. */
export const VIEWS: readonly View[] = [
  {
    name: 'overview',
    hash: '#/0',
    ready: async (page) => {
      await page.locator('.treemap li').first().waitFor();
    },
  },
  { name: 'keys', hash: '#/0/keys/kv?key=t:run:0001', ready: shows('small-transformer') },
  {
    name: 'picture',
    hash: '#/0/keys/kv?sep=/&prefix=t:media/&key=t:media/sunset.png',
    ready: shows('480 × 300 pixels'),
  },
  { name: 'bytes', hash: '#/0/keys/kv?key=t:media/noise.bin', ready: shows('000000f0') },
  { name: 'tensor', hash: '#/0/keys/kv?key=t:media/digit', ready: shows('0 (dark) to 1 (light)') },
  { name: 'text-value', hash: '#/0/keys/kv?key=t:examples/config.json', ready: shows('"cosine"') },
  {
    name: 'curves',
    hash: '#/0/columns?show=baseline.loss&show=cosine.loss&smooth=0.9',
    ready: shows('Rows 0 to 19,999 of 20,000'),
  },
  { name: 'histogram', hash: '#/0/columns?show=latency&tab=histogram', ready: shows('95% are below') },
  {
    name: 'table',
    hash: '#/0/columns?show=cosine.step&show=cosine.loss&show=cosine.accuracy&tab=table',
    ready: shows('cosine.accuracy'),
  },
  { name: 'column-search', hash: '#/0/columns?show=messages&tab=search&find=checkpoint', ready: shows('50 matches') },
  { name: 'map', hash: '#/0/vectors/films?color=genre', ready: shows(/% of the variance/) },
  { name: 'nearest', hash: '#/0/vectors/films?tab=search&by=id&id=7', ready: shows(/10 rows in/) },
  { name: 'index', hash: '#/0/vectors/films?tab=index', ready: shows('Recall') },
  { name: 'texts', hash: '#/0/texts/articles?q=fox', ready: shows(/^2 documents in/) },
  { name: 'sql', hash: '#/0/sql?q=SELECT%20*%20FROM%20orders', ready: shows('Columns of the vault') },
];
