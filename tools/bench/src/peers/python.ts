import { spawnSync } from 'node:child_process';
import { PYTHON } from '../python-program.ts';
import type { Context } from '../suite.ts';

/** What every program may use: `measure(work)` returns nanoseconds of one call, as the median of five stretches. */
const PRELUDE = `
import time, statistics
def measure(work):
    work()
    calls = 1
    while True:
        start = time.perf_counter_ns()
        for _ in range(calls): work()
        elapsed = time.perf_counter_ns() - start
        if elapsed >= 50_000_000: break
        calls = max(calls * 2, int(calls * 60_000_000 / max(elapsed, 1)))
    samples = [elapsed / calls]
    for _ in range(4):
        start = time.perf_counter_ns()
        for _ in range(calls): work()
        samples.append((time.perf_counter_ns() - start) / calls)
    return statistics.median(samples)
`;

/** Runs a program of the Python package that prints one number of nanoseconds. */
export function python({ unavailable, folder }: Context, program: string, interpreter = PYTHON): number {
  const { stdout, stderr, status, error } = spawnSync(interpreter, ['-c', PRELUDE + program], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error) unavailable(`${interpreter} does not start; KOHAKUVAULT_PYTHON names another`);
  if (stderr.includes('ModuleNotFoundError')) {
    unavailable(
      'no Python with kohakuvault and numpy; KOHAKUVAULT_PYTHON names one (pip install kohakuvault==0.7.1 numpy)',
    );
  }
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
