// The same work by the Python package, of both kinds: 0.7 and 1.x keep columns in different tables.
import { python } from '../../peers/python.ts';
import { PYTHON_1X } from '../../python-program.ts';
import type { Contender, Context } from '../../suite.ts';
import { ITEM_BYTES, ITEMS, NUMBERS, newFile, ourFile, SLICE } from './fixtures.ts';

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

/** Returns two contenders that do the same: each program gets the path of the file that ours filled for it. */
function both(name: string, program: (file: string) => string): Record<string, Contender> {
  return {
    [`Python${name}`]: (context) => python(context, PRELUDE + program(JSON.stringify(ourFile(context)))),
    [`Python 1.x${name}`]: (context) =>
      python(context, PRELUDE + program(JSON.stringify(newFile(context))), interpreterOf(context)),
  };
}

function interpreterOf({ unavailable }: Context): string {
  return PYTHON_1X ?? unavailable('KOHAKUVAULT_PYTHON_1X names no Python (pip install kohakuvault==1.1.0 numpy)');
}

/** One call of the work does many reads, so that Python's loop costs what it costs its users. */
function reading(column: 'numbers' | 'items', length: number, read: string): Record<string, Contender> {
  return both(
    '',
    (file) => `
vault = ColumnVault(${file})
column = vault["${column}"]
places = [random.randrange(${length} - ${SLICE}) for _ in range(50)]
print(measure(lambda: [${read} for at in places]) / len(places))`,
  );
}

const LENGTHS = { numbers: NUMBERS, items: ITEMS };

export const pythonsAt = (column: 'numbers' | 'items') => reading(column, LENGTHS[column], 'column[at]');

export const pythonsSlice = (column: 'numbers' | 'items') =>
  reading(column, LENGTHS[column], `column[at:at + ${SLICE}]`);

export const pythonsTake = both(
  '',
  (file) => `
vault = ColumnVault(${file})
column = vault["numbers"]
places = [random.randrange(${NUMBERS}) for _ in range(1000)]
print(measure(lambda: [column[at] for at in places]))`,
);

export const pythonsWholeSlice = both(
  '',
  (file) => `
vault = ColumnVault(${file})
column = vault["numbers"]
print(measure(lambda: column[:]))`,
);

export const pythonsExtendNumbers = both(
  '',
  () => `
vault = ColumnVault("own.db")
column = vault.create_column("numbers", "f64")
values = numbers()
timed(lambda: column.extend(values), 1)`,
);

export const pythonsCachedAppend = both(
  '',
  () => `
vault = ColumnVault("own.db")
column = vault.create_column("numbers", "f64")
values = numbers()
def work():
    with column.cache():
        for value in values: column.append(value)
timed(work, len(values))`,
);

export const pythonsExtendItems = both(
  '',
  () => `
vault = ColumnVault("own.db")
column = vault.create_column("items", "bytes")
values = [bytes([index & 0x7f]) * ${ITEM_BYTES} for index in range(${ITEMS})]
timed(lambda: column.extend(values), len(values))`,
);

/** Inserts and removes in turn, so that the length stays the same. */
export function pythonsShift(what: 'insert' | 'remove'): Record<string, Contender> {
  const [work, back] = ['column.insert(0, 1.5)', 'del column[0]'];
  return both(
    `, ${what}`,
    () => `
vault = ColumnVault("own.db")
column = vault.create_column("numbers", "f64")
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
