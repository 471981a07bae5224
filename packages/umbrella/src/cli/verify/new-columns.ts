import type { Database } from '@kohakuvault/core-native/database';
import { plural } from '../terminal/text.ts';
import { ElementCheck } from './elements.ts';
import { Findings, type VerifyContext } from './findings.ts';

interface Column {
  col_id: number;
  name: string;
  dtype: string;
  elem_size: number;
  length: number;
}

interface Block {
  block_id: number;
  block_no: number;
  first_row: number;
  row_count: number;
  used_bytes: number;
}

/** The same for the layout of the Python package from 1.0 on: blocks follow one another and hold what they say. */
export function* verifyNewColumns(database: Database, { progress }: VerifyContext): Generator<Findings> {
  const columns = database.prepare('SELECT * FROM main.kvault_col_columns ORDER BY name').all() as Column[];
  const blocksOf = database.prepare('SELECT * FROM main.kvault_col_blocks WHERE col_id = ? ORDER BY block_no');
  const dataOf = database.prepare('SELECT payload, offsets FROM main.kvault_col_data WHERE block_id = ?');
  for (const column of columns) {
    const findings = new Findings(`column ${column.name}`);
    const blocks = blocksOf.all(column.col_id) as Block[];
    let rows = 0;
    for (const block of blocks) {
      const data = dataOf.get(block.block_id) as { payload: Buffer; offsets: Buffer | null } | undefined;
      if (block.first_row !== rows) {
        findings.problem(`block ${block.block_no} begins with row ${block.first_row}; expected ${rows}`);
      }
      if (!data) findings.problem(`block ${block.block_no} has no data`);
      else if (column.elem_size > 0) verifyFixedBlock(column, block, data.payload, findings);
      else verifyVariableBlock(column, block, { ...data, findings });
      rows += block.row_count;
      progress(rows);
    }
    if (rows !== column.length) findings.problem(`its blocks hold ${rows} elements; its length is ${column.length}`);
    findings.checked = `${plural(column.length, 'element')} in ${plural(blocks.length, 'block')}`;
    yield findings;
  }
}

function verifyFixedBlock({ elem_size }: Column, { block_no, row_count }: Block, payload: Buffer, findings: Findings) {
  const needed = row_count * elem_size;
  if (payload.length >= needed) return;
  findings.problem(`block ${block_no} has ${payload.length} bytes; its elements need ${needed}`);
}

function verifyVariableBlock(
  { dtype }: Column,
  { block_no, row_count, first_row }: Block,
  { payload, offsets, findings }: { payload: Buffer; offsets: Buffer | null; findings: Findings },
): void {
  if (!offsets || offsets.length < (row_count + 1) * 8) {
    findings.problem(`block ${block_no} has no offsets for its ${plural(row_count, 'element')}`);
    return;
  }
  const elements = new ElementCheck(dtype);
  let start = Number(offsets.readBigUInt64LE(0));
  for (let row = 0; row < row_count; row++) {
    const end = Number(offsets.readBigUInt64LE((row + 1) * 8));
    const wrong =
      end < start || end > payload.length
        ? `it goes from byte ${start} to ${end} of ${payload.length}`
        : elements.wrong(payload.subarray(start, end));
    if (wrong) findings.problem(`element ${first_row + row}: ${wrong}`);
    start = end;
  }
}
