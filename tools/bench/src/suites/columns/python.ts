// The same work by the Python package. It reads the file that ours filled.
import { python } from '../../peers/python.ts';
import type { Context } from '../../suite.ts';
import { ITEM_BYTES, ITEMS, NUMBERS, ourFile, SLICE } from './fixtures.ts';

const PRELUDE = `
import random
from kohakuvault import ColumnVault
random.seed(1)
def numbers(): return [random.randrange(2**32) / 2 for _ in range(${NUMBERS})]
def timed(work, count):
    start = time.perf_counter_ns()
    work()
    print((time.perf_counter_ns() - start) / count)
`;

/** One call of the work does many reads, so that Python's loop costs what it costs its users. */
function reading(context: Context, column: 'numbers' | 'items', length: number, read: string): number {
  return python(
    context,
    `${PRELUDE}
column = ColumnVault(${JSON.stringify(ourFile(context))})["${column}"]
places = [random.randrange(${length} - ${SLICE}) for _ in range(50)]
print(measure(lambda: [${read} for at in places]) / len(places))`,
  );
}

const LENGTHS = { numbers: NUMBERS, items: ITEMS };

export function pythonAt(context: Context, column: 'numbers' | 'items'): number {
  return reading(context, column, LENGTHS[column], 'column[at]');
}

export function pythonTake(context: Context): number {
  return python(
    context,
    `${PRELUDE}
column = ColumnVault(${JSON.stringify(ourFile(context))})["numbers"]
places = [random.randrange(${NUMBERS}) for _ in range(1000)]
print(measure(lambda: [column[at] for at in places]))`,
  );
}

export function pythonSlice(context: Context, column: 'numbers' | 'items'): number {
  return reading(context, column, LENGTHS[column], `column[at:at + ${SLICE}]`);
}

export function pythonWholeSlice(context: Context): number {
  return python(
    context,
    `${PRELUDE}
column = ColumnVault(${JSON.stringify(ourFile(context))})["numbers"]
print(measure(lambda: column[:]))`,
  );
}

export function pythonExtendNumbers(context: Context): number {
  return python(
    context,
    `${PRELUDE}
column = ColumnVault("own.db").create_column("numbers", "f64")
values = numbers()
timed(lambda: column.extend(values), 1)`,
  );
}

export function pythonCachedAppend(context: Context): number {
  return python(
    context,
    `${PRELUDE}
column = ColumnVault("own.db").create_column("numbers", "f64")
values = numbers()
def work():
    with column.cache():
        for value in values: column.append(value)
timed(work, len(values))`,
  );
}

export function pythonExtendItems(context: Context): number {
  return python(
    context,
    `${PRELUDE}
column = ColumnVault("own.db").create_column("items", "bytes")
values = [bytes([index & 0x7f]) * ${ITEM_BYTES} for index in range(${ITEMS})]
timed(lambda: column.extend(values), len(values))`,
  );
}

/** Inserts and removes in turn, so that the length stays the same. */
export function pythonShift(context: Context, what: 'insert' | 'remove'): number {
  const [work, back] = ['column.insert(0, 1.5)', 'del column[0]'];
  return python(
    context,
    `${PRELUDE}
column = ColumnVault("own.db").create_column("numbers", "f64")
column.extend(numbers())
samples = []
for _ in range(5):
    start = time.perf_counter_ns()
    ${what === 'insert' ? work : back}
    samples.append(time.perf_counter_ns() - start)
    ${what === 'insert' ? back : work}
print(statistics.median(samples))`,
  );
}
