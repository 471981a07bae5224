// The same work by the Python package. It reads the file that ours filled.
import { join } from 'node:path';
import { python } from '../../peers/python.ts';
import type { Context } from '../../suite.ts';
import { COUNTS } from './contents.ts';
import type { Table } from './stores/store.ts';

const PRELUDE = `
import random
from kohakuvault import KVault
def key_of(index): return f"key:{index:08}"
def size_of(value): return len(value)
random.seed(1)
`;

function filledVault({ fixtures }: Context, table: Table): string {
  return `${PRELUDE}
vault = KVault(${JSON.stringify(join(fixtures, 'ours.db'))}, table="${table}")
keys = [key_of(random.randrange(${COUNTS[table]})) for _ in range(1000)]
`;
}

/** One call of the work does a thousand gets, so that Python's loop costs what it costs its users. */
export function pythonGet(context: Context, table: Table): number {
  return python(
    context,
    `${filledVault(context, table)}\nprint(measure(lambda: [vault.get(key) for key in keys]) / 1000)`,
  );
}

export function pythonGetMany(context: Context, count: number): number {
  const program = `print(measure(lambda: sum(size_of(vault.get(key)) for key in keys)) / ${count})`;
  return python(context, filledVault(context, 'small') + program);
}

/** Python's `items()` stops at 10,000 entries, so this reads all keys and then each value. */
export function pythonScan(context: Context): number {
  const all = `sum(len(key) + size_of(vault.get(key)) for key in vault.keys(limit=${COUNTS.small}))`;
  return python(context, `${filledVault(context, 'small')}\nprint(measure(lambda: ${all}) / ${COUNTS.small})`);
}

export function pythonFill(context: Context, count: number, order: 'in order' | 'at random'): number {
  return python(
    context,
    `${PRELUDE}
vault = KVault("filled.db")
entries = [(key_of(index), bytes([index & 0x7f]) * 100) for index in range(${count})]
${order === 'at random' ? 'random.shuffle(entries)' : ''}
start = time.perf_counter_ns()
with vault.cache():
    for key, value in entries: vault[key] = value
print((time.perf_counter_ns() - start) / ${count})`,
  );
}

export function pythonSet(context: Context): number {
  return python(
    context,
    `${PRELUDE}
vault = KVault("written.db", table="large")
value = bytes([1]) * 16384
keys = [key_of(random.randrange(${COUNTS.large})) for _ in range(100)]
def work():
    for key in keys: vault[key] = value
print(measure(work) / 100)`,
  );
}
