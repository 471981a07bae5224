import assert from 'node:assert/strict';
import { setTimeout as after } from 'node:timers/promises';
import { type Counts, countsOf, Vaults } from '../content.ts';
import { Writer } from '../writer.ts';
import { LeaseServer } from './lease-server.ts';
import { LiteFsNode } from './node.ts';

export interface Setup {
  readonly program: string;
  readonly folder: string;
  log(text: string): void;
}

const PATIENCE = 60_000;
/** For how long a writer waits for the file, in milliseconds. */
const BUSY = 2_000;
/** The transactions that a writer writes in one go. */
const SOME = 50;

/** The primary changes while processes write: by a hand-over, back again, and because it is lost. */
export async function changingPrimary({ program, folder, log }: Setup): Promise<void> {
  const leases = await LeaseServer.start();
  const [one, two] = [await LiteFsNode.make(program, folder, 'one'), await LiteFsNode.make(program, folder, 'two')];
  const [first, second] = [new Writer(one.file, 0, 'own', BUSY), new Writer(two.file, 1, 'own', BUSY)];
  try {
    await one.start({ consul: leases.url });
    await two.start({ consul: leases.url });
    assert.deepEqual([await one.isPrimary(), await two.isPrimary()], [true, false]);
    await first.start();
    await writeSome(first);
    await follows(two, countsOf(one.file));
    log('a readonly vault on the replica has every transaction of the primary, in KVault, columns, vectors and texts');
    log(`a write on the replica is refused: ${refusal(two.file)}`);

    await two.promote();
    assert.equal(countsOf(two.file)[0], first.acknowledged);
    await second.start();
    await writeSome(second);
    await follows(one, countsOf(two.file));
    log('hand-over while nobody writes: nothing is lost; the new primary is written to and followed');

    await one.promote();
    await writeSome(first);
    await follows(two, countsOf(one.file));
    log('back again: the writer goes on with the vaults that it had open');

    first.go();
    await first.writes(SOME);
    const refused = first.fails();
    await two.promote();
    log(`hand-over while a process writes: its next write is refused: ${await refused}`);
    logLost('hand-over while a process writes', first, countsOf(two.file), log);
    await first.kill();
    if (one.hasEnded) {
      log('hand-over while a process writes: LiteFS ended on the old primary, in the middle of a commit');
      await one.stop();
      await one.start({ consul: leases.url });
    }
    await one.promote();
    await first.start();
    await writeSome(first);
    await follows(two, countsOf(one.file));

    first.go();
    await first.writes(SOME);
    const began = performance.now();
    await one.stop('SIGKILL');
    await first.kill();
    await two.becomesPrimary();
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    log(`failover: the other node became the primary after ${seconds} s; its file is sound`);
    logLost('failover', first, countsOf(two.file), log);
    await writeSome(second);
    await one.start({ consul: leases.url });
    await follows(one, countsOf(two.file));
    log('failover: the node that was lost comes back as a replica, and has what the primary has');
  } finally {
    await end([first, second], [one, two]);
    leases.stop();
  }
}

/** A lease by configuration: both nodes are stopped, and started with the roles changed. */
export async function changedConfiguration({ program, folder, log }: Setup): Promise<void> {
  const [one, two] = [await LiteFsNode.make(program, folder, 'three'), await LiteFsNode.make(program, folder, 'four')];
  const [first, second] = [new Writer(one.file, 0, 'own', BUSY), new Writer(two.file, 1, 'own', BUSY)];
  try {
    await one.start({ primary: one });
    await two.start({ primary: one });
    await first.start();
    await writeSome(first);
    await follows(two, countsOf(one.file));
    await first.kill();
    for (const node of [two, one]) await node.stop();
    await two.start({ primary: two });
    await one.start({ primary: two });
    await second.start();
    await writeSome(second);
    await follows(one, countsOf(two.file));
    log(
      'static lease: after a stop of both and a start with the roles changed, the new primary is written to and followed',
    );
  } finally {
    await end([first, second], [one, two]);
  }
}

async function writeSome(writer: Writer): Promise<void> {
  writer.go();
  await writer.writes(SOME);
  await writer.pause();
}

/** Waits until a node has what the primary has. What it has meanwhile must be a state between two transactions. */
async function follows(node: LiteFsNode, expected: Counts): Promise<void> {
  let found: Counts = [];
  for (const end = performance.now() + PATIENCE; performance.now() < end; await after(50)) {
    found = countsOf(node.file, { readonly: true });
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
  }
  throw new Error(`${node.name} has ${found.join(' and ')} transactions; expected ${expected.join(' and ')}`);
}

/** LiteFS replicates after a commit, and so may lose the last ones. */
function logLost(what: string, writer: Writer, counts: Counts, log: (text: string) => void): void {
  const lost = Math.max(0, writer.acknowledged - (counts[0] as number));
  log(`${what}: ${lost} of ${writer.acknowledged} acknowledged transactions are lost`);
  writer.acknowledged = counts[0] as number;
}

function refusal(file: string): string {
  using vaults = new Vaults(file);
  try {
    vaults.kv.set('a', 1);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return `${code}: ${message}`;
  }
  throw new Error('a write on the replica was accepted');
}

async function end(writers: readonly Writer[], nodes: readonly LiteFsNode[]): Promise<void> {
  for (const writer of writers) await writer.kill();
  for (const node of nodes) await node.stop();
}
