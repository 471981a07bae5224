import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { Random } from '../../testing/src/random.ts';
import { ARTICLES } from './articles.ts';
import { png } from './png.ts';
import { wav } from './wav.ts';

const START = Date.UTC(2026, 4, 4, 9, 30);
const STEPS = 20_000;
const GENRES = ['drama', 'comedy', 'western', 'science fiction', 'documentary', 'noir'];
const DIMENSIONS = 24;
const FILMS = 3_000;

/** Makes a file with something of everything, which is always the same: for pictures and tests. */
export function makeDemoFile(file: string): void {
  const numbers = new Random(7);
  const random = () => numbers.below(2 ** 24) / 2 ** 24;
  using vault = new KVault(file);
  addKeys(vault, random);
  addColumns(vault, random);
  addVectors(vault, random);
  addTexts(vault);
  vault.database.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total REAL);
    INSERT INTO orders (customer, total) VALUES ('Ada', 12.5), ('Grace', 8), ('Edsger', 19.25)`);
  vault.checkpoint('truncate');
}

function addKeys(vault: KVault, random: () => number): void {
  vault.cache(() => {
    for (let run = 1; run <= 400; run++) {
      vault.set(`run:${String(run).padStart(4, '0')}`, {
        started: new Date(START + run * 5_400_000),
        model: { name: 'small-transformer', layers: 12, parameters: 124_439_808n },
        tags: new Set(['baseline', run % 2 === 0 ? 'cosine' : 'linear']),
        loss: Math.round((1.9 + random()) * 1e4) / 1e4,
        metrics: new Map<string, number>([
          ['accuracy', 0.71 + random() / 10],
          ['perplexity', 9 + random()],
        ]),
        weights: Float32Array.from({ length: 512 }, () => random() - 0.5),
        seeds: [run, run + 1, run + 2],
      });
    }
    for (let user = 1; user <= 250; user++) {
      vault.set(`user:${user}`, {
        name: `Person ${user}`,
        admin: user < 4,
        joined: new Date(START - user * 86_400_000),
      });
    }
  });
  const node: { name: string; next?: unknown; big: bigint; none: null; pattern: RegExp } = {
    name: 'a cycle',
    big: 2n ** 80n,
    none: null,
    pattern: /^kohaku/i,
  };
  node.next = node;
  vault.set('examples/cycle', node);
  vault.set('examples/error', new RangeError('the disk is full'));
  vault.set(
    'examples/report.md',
    Buffer.from('# Report\n\nThe loss fell **below 2** after `8,000` steps.\n\n- warm-up: 500\n- batch: 64\n'),
  );
  vault.set(
    'examples/config.json',
    Buffer.from(JSON.stringify({ lr: 3e-4, warmup: 500, schedule: 'cosine', resume: null, compile: true }, null, 2)),
  );
  vault.set('media/sunset.png', png(480, 300, sunset));
  vault.set(
    'media/tone.wav',
    wav(2, (time) => Math.sin(time * 2 * Math.PI * 440) * 0.4),
  );
  vault.set('media/noise.bin', Buffer.from(Uint8Array.from({ length: 4_096 }, () => random() * 256)));
  vault.set('media/digit', {
    data: Float32Array.from({ length: 28 * 28 }, (_, index) => digit(index % 28, Math.floor(index / 28))),
    shape: [28, 28],
    dtype: 'f32',
  });
}

/** Layers of hills under a sun. */
function sunset(x: number, y: number): readonly [number, number, number] {
  const sun = Math.hypot(x - 330, y - 120);
  if (sun < 44) return [255, 226, 150];
  for (const [height, color] of [
    [262, [58, 34, 52]],
    [228, [96, 48, 62]],
    [196, [150, 74, 70]],
  ] as const) {
    if (y > height + Math.sin(x / (18 + height / 9)) * 12 + Math.sin(x / 71 + height) * 14) return color;
  }
  const glow = Math.max(0, 1 - sun / 330);
  return [Math.min(255, 214 + glow * 41), 118 + y / 4 + glow * 50, 84 + glow * 40];
}

function digit(x: number, y: number): number {
  const ring = Math.abs(Math.hypot(x - 14, (y - 9) * 1.15) - 5.5);
  const low = Math.abs(Math.hypot(x - 14, (y - 19) * 1.05) - 6.5);
  return Math.max(0, Math.min(1, 1.6 - Math.min(ring, low)));
}

function addColumns(vault: KVault, random: () => number): void {
  using columns = new ColumnVault(vault);
  for (const [name, rate, floor] of [
    ['baseline', 2_600, 1.92],
    ['cosine', 1_900, 1.71],
  ] as const) {
    const log = columns.frame(name, { step: 'i64', loss: 'f64', accuracy: 'f32', lr: 'f64' });
    const loss = Float64Array.from(
      { length: STEPS },
      (_, step) => floor + 7 * Math.exp(-step / rate) + (random() - 0.5) * (0.55 * Math.exp(-step / 9_000) + 0.05),
    );
    log.extend({
      step: BigInt64Array.from({ length: STEPS }, (_, step) => BigInt(step)),
      loss,
      accuracy: Float32Array.from(loss, (value) => Math.max(0, 0.93 - value / 12 + (random() - 0.5) / 60)),
      lr: Float64Array.from({ length: STEPS }, (_, step) => 3e-4 * 0.5 * (1 + Math.cos((Math.PI * step) / STEPS))),
    });
  }
  columns
    .ensure('latency', 'f64')
    .extend(Float64Array.from({ length: 100_000 }, () => Math.exp(1.5 + (random() + random() + random() - 1.5) * 1.3)));
  columns.ensure('converged', 'bool').extend(Array.from({ length: 400 }, () => random() > 0.3));
  columns
    .ensure('messages', 'str:utf8')
    .extend(
      Array.from({ length: 2_000 }, (_, at) => `${at % 40 === 0 ? 'saved a checkpoint' : 'took a step'} at ${at}`),
    );
  columns
    .ensure('events', 'msgpack')
    .extend(Array.from({ length: 300 }, (_, at) => ({ at, kind: at % 7 === 0 ? 'save' : 'step' })));
}

function addVectors(vault: KVault, random: () => number): void {
  using films = new VectorKVault<{ title: string }>(vault, {
    table: 'films',
    dimensions: DIMENSIONS,
    metric: 'l2',
    fields: { genre: 'str', year: 'i64' },
  });
  const centers = GENRES.map(() => Array.from({ length: DIMENSIONS }, () => (random() - 0.5) * 2.4));
  films.insertMany(
    Array.from({ length: FILMS }, (_, film) => {
      const genre = film % GENRES.length;
      const spread = 0.35 + genre * 0.07;
      const vector = (centers[genre] ?? []).map((center) => center + (random() + random() - 1) * spread);
      return [
        vector,
        { title: `Film ${film + 1}` },
        { genre: GENRES[genre] ?? '', year: 1920 + (film % 100) },
      ] as const;
    }),
  );
  films.createIndex();
}

function addTexts(vault: KVault): void {
  using notes = new TextVault<{ title: string; year: number }>(vault, { table: 'articles' });
  notes.insertMany(ARTICLES.map(([title, year, text]) => [text, { title, year }] as const));
}
