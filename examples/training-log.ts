// The log of a training run: numbers for each step, events between them, and questions afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColumnVault, CSBTree, KVault } from 'kohakuvault';

const STEPS = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'training-log-'));
const file = join(folder, 'run.db');

/** Returns a loss that falls, with a bump at the step at which the rate changed. */
const lossAt = (step: number) => 4 * 0.9997 ** step + (step > 12_000 && step < 12_200 ? 0.5 : 0) + (step % 7) / 1_000;

const rateAt = (step: number) => (step < 12_000 ? 3e-4 : 1e-4);

{
  using log = new ColumnVault(file);
  const loss = log.ensure('loss', 'f64');
  const rate = log.ensure('rate', 'f64');
  const embedding = log.ensure('embedding', 'vec:f32:8');
  const events = log.ensure('events', 'msgpack');

  const logStep = (step: number) => {
    loss.append(lossAt(step));
    rate.append(rateAt(step));
  };
  // Appends are pending in a cache, can be read at once, and reach the file in few transactions. The cache of the vault
  // writes all columns in one, and inside `lockCache` it writes nothing: so other processes see whole steps only.
  log.cache({ flushInterval: 200 }, () => {
    for (let step = 0; step < STEPS; step++) {
      log.lockCache(() => logStep(step));
      if (step % 1_000 === 0) embedding.append(Float32Array.from({ length: 8 }, (_, i) => Math.sin(step + i)));
      if (step === 12_000) events.append({ step, what: 'learning rate', to: 1e-4 });
    }
  });
  // A transaction is in the file when it returns, and if it throws, nothing of it stays.
  log.transaction(() => {
    logStep(STEPS);
    events.append({ step: STEPS, what: 'finished' });
  });
  using settings = new KVault(log);
  settings.set('settings', { model: 'tiny', seed: 7n, started: new Date() });
}

{
  using log = new ColumnVault(file, { readonly: true });
  const loss = log.column('loss', 'f64');
  console.log(`${loss.length} losses; the last ${loss.at(-1)?.toFixed(4)}`);

  // One state of several columns, even while another process writes.
  const [losses, rates] = log.snapshot(() => [loss.slice(), log.column('rate', 'f64').slice()]);
  console.log(`${losses.length} steps have ${rates.length} rates`);

  const last = loss.slice(-1_000);
  console.log(
    `mean of the last ${last.length}: ${(last.reduce((sum, value) => sum + value, 0) / last.length).toFixed(4)}`,
  );
  console.log(`every 5,000th: ${[...loss.slice(0, undefined, 5_000)].map((value) => value.toFixed(2)).join(' ')}`);
  for (const event of log.column('events', 'msgpack')) console.log('event:', event);

  const tensor = log.column('embedding', 'vec:f32:8').sliceTensor();
  console.log(`embeddings: ${tensor.shape.join(' x ')} in one block`);

  // The worst steps, in order: an index in memory over the content of the file.
  const byLoss = new CSBTree<number, number>();
  let step = 0;
  for (const value of loss) byLoss.set(value, step++);
  console.log(`steps with a loss from 0.5 to 0.51: ${byLoss.range(0.5, 0.51).length}`);
}
rmSync(folder, { recursive: true });
