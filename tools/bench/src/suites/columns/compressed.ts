// The bytes of logs in compressed columns, beside Parquet.
import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Compression, DType } from '@kohakuvault/columns';
import { PYTHON } from '../../python-program.ts';
import { randomNumbers } from '../../random.ts';
import type { Case, Context } from '../../suite.ts';
import { ownVault } from './fixtures.ts';

interface LogColumn {
  readonly dtype: DType;
  readonly values: (number | bigint | string)[];
}

type Log = Record<string, LogColumn>;

const ROWS = 200_000;

/** Times that are nearly even, and measurements with few digits. */
function sensorLog(): Log {
  const random = randomNumbers(7);
  let [temperature, humidity] = [21, 40];
  const rows = Array.from({ length: ROWS }, (_, nth) => {
    temperature += (random() - 0.5) / 5;
    humidity += random() - 0.5;
    return [
      1_700_000_000_000n + BigInt(nth * 500 + Math.floor(random() * 4)),
      Math.round(temperature * 100) / 100,
      Math.round(humidity * 10) / 10,
      random() < 0.001 ? 1 : 0,
    ] as const;
  });
  return {
    time: { dtype: 'i64', values: rows.map(([time]) => time) },
    temperature: { dtype: 'f64', values: rows.map(([, value]) => value) },
    humidity: { dtype: 'f64', values: rows.map(([, , value]) => value) },
    alarm: { dtype: 'u8', values: rows.map(([, , , alarm]) => alarm) },
  };
}

/** Losses with random digits, and a rate that changes rarely. */
function trainingLog(): Log {
  const random = randomNumbers(8);
  const of = (value: (step: number) => number) => Array.from({ length: ROWS }, (_, step) => value(step));
  return {
    step: { dtype: 'i64', values: of((step) => step).map(BigInt) },
    loss: { dtype: 'f32', values: of((step) => Math.fround(1 / Math.log(step + 3) + random() / 10)) },
    rate: { dtype: 'f64', values: of((step) => 3e-4 * 0.5 ** Math.floor(step / 20_000)) },
    seconds: { dtype: 'f64', values: of((step) => Math.round(step * 120 + random() * 9) / 1000) },
  };
}

function textLog(): Log {
  const random = randomNumbers(9);
  const of = (list: string[]) => list[Math.floor(random() * list.length)];
  const line = (nth: number) =>
    `2026-03-01T${String(Math.floor(nth / 8000) % 24).padStart(2, '0')}:${String(nth % 60).padStart(2, '0')} ` +
    `${of(['INFO', 'INFO', 'INFO', 'WARN', 'ERROR'])} worker-${Math.floor(random() * 16)} ` +
    `${of(['finished task', 'started task', 'lost its connection to', 'retries'])} ${Math.floor(random() * 1e6)}`;
  return { line: { dtype: 'str:utf8', values: Array.from({ length: ROWS }, (_, nth) => line(nth)) } };
}

/** Returns the bytes of a file that has the columns and nothing else. */
function bytesOf(context: Context, log: Log, compressionOf: (dtype: DType) => Compression | undefined): number {
  const vault = ownVault(context);
  for (const [name, { dtype, values }] of Object.entries(log)) {
    vault.createColumn(name, dtype, { compression: compressionOf(dtype) }).extend(values as never);
  }
  vault.optimize();
  vault.close();
  return statSync(join(context.folder, 'own.db')).size;
}

const TYPES: Partial<Record<DType, string>> = {
  i64: 'BIGINT',
  f64: 'DOUBLE',
  f32: 'FLOAT',
  u8: 'UTINYINT',
  'str:utf8': 'VARCHAR',
};

/** DuckDB reads the rows as text, and writes them as it does by default, but with Zstandard. */
function parquet({ folder, unavailable }: Context, log: Log): number {
  const columns = Object.values(log);
  const types = columns.map(({ dtype }, nth) => `'${Object.keys(log)[nth]}': '${TYPES[dtype]}'`);
  const rows = Array.from({ length: ROWS }, (_, nth) => columns.map(({ values }) => String(values[nth])).join(';'));
  writeFileSync(join(folder, 'log.csv'), `${Object.keys(log).join(';')}\n${rows.join('\n')}\n`);
  const program = `
import duckdb, os
duckdb.sql("COPY (SELECT * FROM read_csv('log.csv', delim=';', header=true, columns={${types}})) TO 'log.parquet' (FORMAT parquet, COMPRESSION zstd)")
print(os.path.getsize('log.parquet'))`;
  const { stdout, stderr, status, error } = spawnSync(PYTHON, ['-c', program], { cwd: folder, encoding: 'utf8' });
  if (error || stderr.includes('ModuleNotFoundError')) {
    unavailable('no Python with duckdb; KOHAKUVAULT_PYTHON names one (pip install duckdb)');
  }
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

function bytesCase(name: string, make: () => Log): Case {
  return {
    name: `bytes of ${name}, 200,000 rows`,
    unit: 'bytes',
    note: 'the whole file; numbers with delta, texts with zstd. Parquet is written by DuckDB, with Zstandard.',
    contenders: {
      kohakuvault: (context) => bytesOf(context, make(), (dtype) => (dtype === 'str:utf8' ? 'zstd' : 'delta')),
      'not compressed': (context) => bytesOf(context, make(), () => undefined),
      Parquet: (context) => parquet(context, make()),
    },
  };
}

export const compressedCases: Case[] = [
  bytesCase('a sensor log', sensorLog),
  bytesCase('a training log', trainingLog),
  bytesCase('a text log', textLog),
];
