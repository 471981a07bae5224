import { plural } from '@kohakuvault/core-native/internal';
import { type Database, examine, type Findings, problemOf } from '@kohakuvault/core-native/internal/database';
import { Sealing } from '../blocks/sealing.ts';
import { storedDType } from '../elements/record-dtype.ts';
import { ChunkDamage } from '../tables/chunk-damage.ts';
import { ElementDecoder } from './element-decoder.ts';

/** A column. Integers are bigints; a faulty program may have stored other classes. */
interface Column {
  readonly id: bigint;
  readonly name: string;
  readonly dtype: string;
  readonly elemSize: unknown;
  readonly length: unknown;
}

interface Block {
  readonly id: bigint;
  readonly number: unknown;
  readonly first: unknown;
  readonly rows: unknown;
  /** The elements that it has room for: 0 in a sealed block of a compressed column. */
  readonly room: unknown;
  readonly used: unknown;
  /** The lengths of its payload and its offsets. Null if they are missing. */
  readonly payload: bigint | null;
  readonly offsets: bigint | null;
}

/** No row of SQLite holds more elements. */
const MOST_ROWS = 1_000_000_000n;

type Packer = Pick<typeof import('@kohakuvault/packer'), 'DataPacker'>;

/**
 * Verifies the columns in the layout of the Python package from 1.0 on: their blocks
 * follow one another and hold what they say.
 */
export function* verifyBlockColumns(
  database: Database,
  packer: Packer,
  progress: (done: number) => void,
): Generator<Findings> {
  let columns: Column[] = [];
  const listed = examine('columns in the layout of Python 1.x', () => {
    columns = database
      .prepare(
        `SELECT col_id AS id, coalesce(CAST(name AS TEXT), '') AS name, coalesce(CAST(dtype AS TEXT), '') AS dtype,
            elem_size AS elemSize, length
          FROM main.kvault_col_columns ORDER BY name`,
      )
      .safeIntegers()
      .all() as Column[];
  });
  if (!listed.isSound) yield listed;
  for (const column of columns) {
    yield examine(`column ${column.name}`, (findings) => {
      const { dtype } = storedDType(column.dtype);
      checkColumn(database, column, new ElementDecoder(dtype, packer), findings, progress);
    });
  }
}

function checkColumn(
  database: Database,
  column: Column,
  decoder: ElementDecoder,
  findings: Findings,
  progress: (done: number) => void,
): void {
  const { elemSize, length } = column;
  if (!isCount(elemSize) || !isCount(length)) {
    findings.problem(`its element size ${String(elemSize)} and its length ${String(length)} are impossible`);
    return;
  }
  const bytes = (part: string) => `CASE typeof(${part}) WHEN 'blob' THEN length(${part}) END AS ${part}`;
  const blocks = database
    .prepare(
      `SELECT block.block_id AS id, block_no AS number, first_row AS first, row_count AS rows,
          row_capacity AS room, used_bytes AS used, ${bytes('payload')}, ${bytes('offsets')}
        FROM main.kvault_col_blocks AS block LEFT JOIN main.kvault_col_data USING (block_id)
        WHERE col_id = ? ORDER BY block_no`,
    )
    .safeIntegers()
    .iterate(column.id) as IterableIterator<Block>;
  const contents = database.prepare('SELECT payload, offsets FROM main.kvault_col_data WHERE block_id = ?');
  if (decoder.unknown) findings.problem(decoder.unknown);
  const sealing = decoder.unknown ? undefined : Sealing.of(column.dtype);
  const damage = new ChunkDamage(column.name);
  let [rows, count] = [0n, 0];
  for (const block of blocks) {
    if (findings.isFull) break;
    count++;
    if (block.first !== rows) {
      findings.problem(`block ${block.number} begins with row ${String(block.first)}; expected ${rows}`);
    }
    if (!isCount(block.rows) || block.rows > MOST_ROWS) {
      findings.problem(`block ${block.number} says it has ${String(block.rows)} elements`);
      continue;
    }
    // Elements of one size have no bounds in a compressed column either.
    const elementBytes = sealing ? BigInt(sealing.elemSize) : elemSize;
    if (sealing && block.room === 0n) {
      const { payload } = (contents.get(block.id) ?? {}) as { payload?: Buffer };
      if (payload) checkSealed(sealing, payload, block, damage, decoder, findings);
      else findings.problem(`block ${block.number} has no data`);
    } else if (hasItsBytes(block, elementBytes, findings)) {
      const { payload, offsets } = contents.get(block.id) as { payload: Buffer; offsets: Buffer | null };
      checkElements({ payload, offsets, elemSize: elementBytes, rows: block.rows, first: rows }, decoder, findings);
    }
    rows += block.rows;
    progress(Number(rows));
  }
  if (rows !== length) findings.problem(`its blocks hold ${rows} elements; its length is ${length}`);
  findings.checked = `${plural(Number(length), 'element')} in ${plural(count, 'block')}`;
}

function checkSealed(
  sealing: Sealing,
  sealed: Buffer,
  { number, first, rows, used }: Block,
  damage: ChunkDamage,
  decoder: ElementDecoder,
  findings: Findings,
): void {
  const block = { id: 0, no: Number(number), first: Number(first), count: Number(rows), used: Number(used) };
  try {
    const { payload, offsets } = sealing.open(sealed, { ...block, capacity: sealed.length, rows: 0 }, damage);
    if (sealing.elemSize > 0) return;
    for (let row = 0; row < block.count && !findings.isFull; row++) {
      const problem = decoder.problem(payload.subarray(offsets[row], offsets[row + 1]));
      if (problem) findings.problem(`element ${block.first + row}: ${problem}`);
    }
  } catch (error) {
    findings.problem(problemOf(error));
  }
}

function isCount(number: unknown): number is bigint {
  return typeof number === 'bigint' && number >= 0n;
}

function hasItsBytes({ number, rows, payload, offsets }: Block, elemSize: bigint, findings: Findings): boolean {
  const needed = (rows as bigint) * elemSize;
  if (payload === null) findings.problem(`block ${number} has no data`);
  else if (payload < needed) findings.problem(`block ${number} has ${payload} bytes; its elements need ${needed}`);
  else if (elemSize === 0n && (offsets ?? 0n) < ((rows as bigint) + 1n) * 8n) {
    findings.problem(`block ${number} has no offsets for its ${plural(Number(rows), 'element')}`);
  } else return true;
  return false;
}

interface Contents {
  readonly payload: Buffer;
  readonly offsets: Buffer | null;
  readonly elemSize: bigint;
  readonly rows: bigint;
  /** The position of the first element in the column. */
  readonly first: bigint;
}

function checkElements(
  { payload, offsets, elemSize, rows, first }: Contents,
  decoder: ElementDecoder,
  findings: Findings,
): void {
  // That package stores elements of fixed size, such as vectors, in other bytes than the packer's.
  if (elemSize > 0n || !offsets) return;
  let start = Number(offsets.readBigUInt64LE(0));
  for (let row = 0; row < rows && !findings.isFull; row++) {
    const end = Number(offsets.readBigUInt64LE((row + 1) * 8));
    const problem =
      end < start || end > payload.length
        ? `it goes from byte ${start} to ${end} of ${payload.length}`
        : decoder.problem(payload.subarray(start, end));
    if (problem) findings.problem(`element ${first + BigInt(row)}: ${problem}`);
    start = end;
  }
}
