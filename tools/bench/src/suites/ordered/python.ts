import { spawnSync } from 'node:child_process';
import type { Context } from '../../suite.ts';

/** `KOHAKUVAULT_PYTHON` names an interpreter that has the Python package, if `python3` does not. */
const PYTHON = process.env.KOHAKUVAULT_PYTHON ?? 'python3';

const SET_UP = `
import random, sys, time
try:
    from kohakuvault import CSBTree
except ImportError as error:
    sys.exit(f"not installed: {error}")
random.seed(1)
count = 1_000_000
keys = KEYS
tree = CSBTree()
start = time.perf_counter_ns()
for i, key in enumerate(keys):
    tree[key] = i
setting = (time.perf_counter_ns() - start) / count
ordered = sorted(set(keys))
`;

const KEYS = {
  numbers: '[random.randrange(2**31) / 2 for _ in range(count)]',
  strings: "[f'user:{random.randrange(2**32):x}' for _ in range(count)]",
};

const MEASURES = {
  set: 'print(setting)',
  get: `
picks = [random.choice(keys) for _ in range(200_000)]
start = time.perf_counter_ns()
for key in picks:
    tree[key]
print((time.perf_counter_ns() - start) / len(picks))`,
  range: `
picks = [random.randrange(len(ordered) - 100) for _ in range(2_000)]
start = time.perf_counter_ns()
for at in picks:
    tree.range(ordered[at], ordered[at + 100])
print((time.perf_counter_ns() - start) / len(picks))`,
};

/** Returns the nanoseconds of the Python package's own CSBTree. */
export function pythonTree(context: Context, keys: keyof typeof KEYS, measure: keyof typeof MEASURES): number {
  const program = SET_UP.replace('KEYS', KEYS[keys]) + MEASURES[measure];
  const { stdout, stderr, error } = spawnSync(PYTHON, ['-c', program], { encoding: 'utf8' });
  const value = Number.parseFloat(stdout ?? '');
  if (Number.isFinite(value)) return value;
  return context.unavailable(error ? `${PYTHON}: ${error.message}` : `kohakuvault is ${stderr.trim().slice(0, 120)}`);
}
