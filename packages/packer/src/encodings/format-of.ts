import type { ValueFormat } from '../values/value-format.ts';
import { bytesFormat } from './bytes-format.ts';
import { customFormat } from './custom-format.ts';
import { jsonFormat } from './json-format.ts';
import { CborXEngine } from './records/cbor-x-engine.ts';
import { checkCbor } from './records/check-cbor.ts';
import { checkMsgpack } from './records/check-msgpack.ts';
import { MsgpackrEngine } from './records/msgpackr-engine.ts';
import { RecordFormat } from './records/record-format.ts';
import type { StructureList } from './records/structure-list.ts';
import { textFormat } from './text-format.ts';
import type { ValueEncoding } from './value-encoding.ts';

/** Returns the format of an encoding other than the default. `structures` returns the list of the file. */
export function formatOf(encoding: Exclude<ValueEncoding, 'auto'>, structures: () => StructureList): ValueFormat {
  switch (encoding) {
    case 'msgpack':
    case 'cbor':
      return recordFormat(encoding, structures());
    case 'json':
      return jsonFormat;
    case 'utf8':
      return textFormat;
    case 'binary':
      return bytesFormat;
    default:
      return customFormat(encoding);
  }
}

/** Returns the format of values whose objects are records. */
export function recordFormat(encoding: 'msgpack' | 'cbor', structures: StructureList): RecordFormat {
  return encoding === 'msgpack'
    ? new RecordFormat(structures, { engine: (setup) => new MsgpackrEngine(setup), check: checkMsgpack })
    : new RecordFormat(structures, { engine: (setup) => new CborXEngine(setup), check: checkCbor });
}
