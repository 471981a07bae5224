// The parameters that the functions of the binding expect.
import type { Values } from './values.ts';

export type Kind =
  | (
      | 'handle'
      | 'table'
      | 'site'
      | 'vectors'
      | 'texts'
      | 'watch'
      | 'key'
      | 'keys'
      | 'blobKey'
      | 'view'
      | 'maybeView'
      | 'records'
      | 'small'
    )
  | ('number' | 'flags' | 'bit' | 'sql' | 'name' | 'names' | 'id' | 'request' | 'cancel' | 'tree' | 'list' | 'shared')
  | ('lists' | 'listOptions' | 'progress')
  | ('requests' | 'orderedKey' | 'orderedKeys' | 'order' | 'code' | 'path');

export const SIGNATURES: Record<string, readonly Kind[]> = {
  isOpen: ['handle'],
  isReadonly: ['handle'],
  refuseDuringCalls: ['handle'],
  execute: ['handle', 'sql'],
  holdSnapshot: ['handle'],
  releaseSnapshot: ['handle'],
  dataVersion: ['handle'],
  limitTime: ['handle', 'small'],
  board: ['handle'],
  walIndex: ['handle'],
  join: ['handle'],
  takeSteps: ['handle', 'view'],
  activity: ['handle'],
  forgetTables: ['handle'],
  createWatch: ['handle'],
  watchBegin: ['handle', 'watch', 'maybeView'],
  watchEnd: ['handle', 'watch'],
  watchTable: ['handle', 'watch', 'name'],
  watchRow: ['handle', 'watch', 'name', 'small', 'small'],
  watchRead: ['handle', 'watch', 'name', 'small', 'small', 'small', 'view'],
  watchForget: ['handle', 'watch', 'small'],
  watchPages: ['handle', 'watch', 'small'],
  watchChanges: ['handle', 'watch', 'maybeView'],
  watchNoteOwn: ['handle', 'watch'],
  createQuery: ['handle', 'sql'],
  query: ['handle', 'small', 'keys', 'small'],
  blobSize: ['handle', 'site', 'blobKey'],
  blobRead: ['handle', 'site', 'blobKey', 'small', 'view'],
  blobReadInPlace: ['handle', 'site', 'blobKey', 'small', 'view'],
  blobWrite: ['handle', 'site', 'blobKey', 'small', 'view'],
  blobKeepWriter: ['handle', 'site', 'bit'],
  copyBytes: ['view', 'view'],
  castElements: ['code', 'view', 'code', 'view'],
  frameRows: ['code', 'view', 'small', 'view'],
  unframeRows: ['code', 'view', 'small', 'view'],
  sealBlock: ['code', 'view', 'view'],
  openBlock: ['code', 'view', 'small', 'view', 'view'],
  numberSummary: ['code', 'view', 'flags', 'view'],
  numberCounts: ['code', 'view', 'small', 'small', 'view'],
  numberOfKey: ['code', 'id', 'view'],
  numberBins: ['code', 'view', 'view', 'view'],
  numberFind: ['code', 'view', 'view'],
  numberBuckets: ['code', 'view', 'small', 'view', 'view'],
  numberTriangles: ['code', 'view', 'small', 'view', 'view', 'view'],
  kvGet: ['handle', 'table', 'key', 'view', 'small'],
  kvTake: ['handle', 'table', 'view'],
  kvGetMany: ['handle', 'table', 'keys', 'small', 'view'],
  kvHas: ['handle', 'table', 'key'],
  kvSet: ['handle', 'table', 'key', 'view'],
  kvWriteMany: ['handle', 'table', 'records'],
  kvDelete: ['handle', 'table', 'key'],
  kvPage: ['handle', 'table', 'maybeView', 'maybeView', 'flags', 'small', 'view'],
  kvPend: ['handle', 'table', 'key', 'maybeView'],
  kvPendingForget: ['handle', 'table', 'key'],
  kvPendingClear: ['handle', 'table'],
  kvPendingBegin: ['handle', 'table'],
  kvPendingCommit: ['handle', 'table'],
  kvPendingRollback: ['handle', 'table'],
  kvPendingLength: ['handle', 'table', 'key'],
  kvPendingSurplus: ['handle', 'table', 'maybeView', 'maybeView', 'flags'],
  kvPendingWrite: ['handle', 'table', 'number'],
  kvPendingLong: ['handle', 'table', 'small', 'small', 'view'],
  buildId: [],
  lastAttached: [],
  openConnections: [],
  libraryFile: [],
  finalizeStatements: ['handle'],
  beginMovingWal: ['handle', 'names'],
  isMovingWal: ['handle'],
  finishMovingWal: ['handle'],
  keepWalOnClose: ['handle'],
  hasFileAlone: ['handle'],
  createBlobSite: ['handle', 'name', 'name', 'names'],
  createKvTable: ['handle', 'name', 'bit'],
  createVectorTable: ['handle', 'name', 'small', 'number', 'bit'],
  createTextTable: ['handle', 'name', 'names'],
  textBest: ['handle', 'texts', 'name', 'view', 'small', 'maybeView', 'number', 'flags'],
  textForget: ['handle', 'texts', 'id'],
  textRows: ['handle', 'texts', 'view'],
  textPlaces: ['handle', 'texts', 'name', 'view'],
  textAround: ['handle', 'texts', 'name', 'view'],
  textInsert: ['handle', 'texts', 'records'],
  vectorSearch: ['handle', 'vectors', 'request'],
  vectorSearchOffLoop: ['handle', 'vectors', 'requests', 'cancel', 'names'],
  vectorSketchOffLoop: ['handle', 'vectors', 'cancel'],
  vectorInserted: ['handle', 'vectors', 'view', 'view', 'view'],
  vectorReplaced: ['handle', 'vectors', 'id', 'view'],
  vectorRemoved: ['handle', 'vectors', 'id'],
  vectorForget: ['handle', 'vectors'],
  vectorClear: ['handle', 'vectors'],
  vectorFill: ['handle', 'vectors', 'id', 'view', 'view', 'view'],
  vectorMakeChunk: ['handle', 'vectors', 'small'],
  vectorTakeOut: ['handle', 'vectors', 'id'],
  vectorStandIn: ['handle'],
  vectorAlter: ['handle', 'vectors', 'sql'],
  vectorRenew: ['handle', 'vectors', 'view', 'number'],
  vectorIsResident: ['handle', 'vectors'],
  vectorNeedsSketch: ['handle', 'vectors', 'small'],
  createVectorIndex: ['handle', 'name', 'small', 'number', 'bit'],
  vectorIndexSearch: ['handle', 'lists', 'request', 'listOptions'],
  vectorIndexBuild: ['handle', 'lists', 'small', 'number'],
  vectorIndexBuildOffLoop: ['handle', 'lists', 'small', 'number', 'progress', 'names'],
  vectorIndexInfo: ['handle', 'lists', 'number'],
  vectorIndexVerify: ['handle', 'lists'],
  vectorIndexGrow: ['handle', 'lists', 'number', 'number'],
  vectorIndexTouch: ['handle', 'lists', 'number', 'id'],
  vectorIndexClear: ['handle', 'lists'],
  vectorIndexDrop: ['handle', 'lists'],
  vectorIndexForget: ['handle', 'lists'],
  vectorIndexInserted: ['handle', 'lists', 'view'],
  vectorIndexRemoved: ['handle', 'lists', 'id'],
  compareKeys: ['orderedKey', 'orderedKey'],
  treeLoad: ['order', 'orderedKeys'],
  treeDrop: ['tree'],
  treeFind: ['tree', 'orderedKey'],
  treeInsert: ['tree', 'orderedKey'],
  treeRemove: ['tree', 'orderedKey'],
  treeClear: ['tree'],
  treePage: ['tree', 'orderedKey', 'orderedKey', 'flags', 'view'],
  treeCount: ['tree', 'orderedKey', 'orderedKey', 'flags'],
  treeNumbers: ['tree', 'orderedKey', 'orderedKey', 'flags'],
  treeRenumber: ['tree', 'view'],
  listCreate: [],
  listShare: ['list'],
  listAttach: ['shared'],
  listRelease: ['list'],
  listsAlive: [],
  listSize: ['list'],
  listGet: ['list', 'orderedKey', 'view'],
  listHas: ['list', 'orderedKey'],
  listSet: ['list', 'orderedKey', 'view'],
  listInsert: ['list', 'orderedKey', 'view'],
  listSetDefault: ['list', 'orderedKey', 'view'],
  listDelete: ['list', 'orderedKey'],
  listRemove: ['list', 'orderedKey'],
  listAppend: ['list', 'orderedKey', 'view'],
  listClear: ['list'],
  listPage: ['list', 'orderedKey', 'orderedKey', 'flags', 'small'],
  listNumbers: ['list', 'orderedKey', 'orderedKey', 'flags'],
  listCompareAndSet: ['list', 'orderedKey', 'view', 'bit', 'maybeView'],
  listCount: ['list', 'orderedKey', 'orderedKey', 'flags', 'small'],
  listDeleteRange: ['list', 'orderedKey', 'orderedKey', 'flags', 'small'],
  listPop: ['list', 'orderedKey', 'orderedKey', 'flags'],
  listVersion: ['list'],
  listSleep: ['list', 'small', 'bit'],
  listSleepForKey: ['list', 'orderedKey', 'view', 'bit', 'bit'],
  listWait: ['list', 'small', 'small'],
  listWaitForKey: ['list', 'orderedKey', 'view', 'bit', 'small'],
  listEndWait: ['small'],
  listTakeEnded: [],
};

/** The functions that the `#[napi]` macro generates: they refuse wrong types with errors of its own. */
export const GENERATED = new Set([
  ...[
    'buildId',
    'lastAttached',
    'libraryFile',
    'openConnections',
    'finalizeStatements',
    'beginMovingWal',
    'isMovingWal',
    'finishMovingWal',
    'keepWalOnClose',
    'hasFileAlone',
    'createBlobSite',
    'createKvTable',
    'createVectorTable',
    'createTextTable',
  ],
  ...['vectorSearch', 'vectorSearchOffLoop', 'vectorSketchOffLoop'],
  ...['createVectorIndex', 'vectorIndexSearch', 'vectorIndexBuild', 'vectorIndexBuildOffLoop'],
  ...['vectorIndexInfo', 'vectorIndexVerify'],
]);

/** Returns a key of an ordered map. */
export function orderedKey(values: Values, depth = 0): unknown {
  const kind = values.small();
  if (kind < 4) return values.small();
  if (kind < 6) return values.string();
  if (kind < 8) return values.number();
  if (kind < 9) return values.bigint();
  if (kind < 10) return values.view();
  return depth < 3 ? values.array(() => orderedKey(values, depth + 1), 4) : 'deep';
}
