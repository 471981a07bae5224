import type { RouteName } from '../api/types.ts';
import { upload } from '../changes/upload.ts';
import { columnExport } from '../columns/column-export.ts';
import { columnList } from '../columns/column-list.ts';
import { columnElement, columnMatches, columnTable } from '../columns/column-table.ts';
import { curveArgs, histogramArgs, summaryArgs } from '../columns/statistics.ts';
import { ndjson } from '../http/exchange.ts';
import { exportKeys, exportRange } from '../keys/keys-export.ts';
import { countArgs, keysPage } from '../keys/keys-page.ts';
import { overview } from '../overview/overview.ts';
import { sqlExportArgs } from '../sql/sql-export.ts';
import { sqlSchema } from '../sql/sql-schema.ts';
import { planArgs, sqlArgs } from '../sql/sql-tasks.ts';
import { hybridTexts } from '../texts/hybrid-search.ts';
import { textSearch, textSuggest } from '../texts/text-search.ts';
import { textRow, textRows, textTables } from '../texts/text-tables.ts';
import { rawValue } from '../values/raw-value.ts';
import { valuePart, valueView } from '../values/value-view.ts';
import { mapArgs } from '../vectors/vector-map.ts';
import { embedded, recallArgs, vectorSearch } from '../vectors/vector-search.ts';
import { vectorRow, vectorRows, vectorTables } from '../vectors/vector-tables.ts';
import { columnTask, countOf, messagesOf, sizesOf, sqlDownload } from './long-work.ts';
import type { Route, RouteContext } from './route.ts';

/** The routes below a file. */
export const FILE_ROUTES: Readonly<Record<Exclude<RouteName, 'studio' | 'events'>, Route>> = {
  overview: { GET: ({ file }) => overview(file.vaults, file.about) },
  sizes: { GET: (context) => sizesOf(context) },
  verify: { GET: ({ file, signal }) => ndjson(messagesOf(file, 'verify', {}, signal)) },

  keys: { GET: ({ file, params }) => keysPage(file.vaults, params) },
  keysCount: { GET: (context) => countOf(context, countArgs(context.params)) },
  keysExport: {
    GET: ({ file, params, signal }) => exportRange(file.vaults, params, signal),
    POST: async ({ file, body, signal }) => exportKeys(file.vaults, await body(), signal),
  },
  value: { GET: ({ file, params }) => valueView(file.vaults, params) },
  valuePart: { GET: ({ file, params }) => valuePart(file.vaults, params) },
  raw: {
    GET: ({ file, params, request }) => rawValue(file.vaults, params, request),
    PUT: ({ file, params, request }) => upload(file.vaults, params, request),
  },
  plans: { POST: async ({ file, body }) => file.plans.make(await body()) },
  plan: {
    POST: ({ file, parts }) => file.plans.apply(parts.plan as string),
    DELETE: ({ file, parts }) => {
      file.plans.forget(parts.plan as string);
      return {};
    },
  },

  columns: { GET: ({ file }) => columnList(file.vaults) },
  curve: { GET: (context) => columnTask(context, 'curve', curveArgs(context.params)) },
  summary: { GET: (context) => columnTask(context, 'summary', summaryArgs(context.params)) },
  histogram: { GET: (context) => columnTask(context, 'histogram', histogramArgs(context.params)) },
  columnTable: { GET: ({ file, params }) => columnTable(file.vaults, params) },
  columnSearch: { GET: ({ file, params }) => columnMatches(file.vaults, params) },
  columnElement: { GET: ({ file, params }) => columnElement(file.vaults, params) },
  columnExport: { GET: ({ file, params, signal }) => columnExport(file.vaults, params, signal) },

  vectors: { GET: ({ file, embed }) => vectorTables(file.vaults, embed !== undefined) },
  vectorRows: { GET: ({ file, params }) => vectorRows(file.vaults, params) },
  vectorRow: { GET: ({ file, params }) => vectorRow(file.vaults, params) },
  vectorSearch: {
    POST: async ({ file, body, embed, signal }) => vectorSearch(file.vaults, await body(), { embed, signal }),
  },
  vectorMap: { GET: ({ file, params, signal }) => ndjson(messagesOf(file, 'map', mapArgs(params), signal)) },
  vectorRecall: { POST: async (context) => run(context, 'recall', recallArgs(await context.body())) },

  texts: { GET: ({ file }) => textTables(file.vaults) },
  textRows: { GET: ({ file, params }) => textRows(file.vaults, params) },
  textRow: { GET: ({ file, params }) => textRow(file.vaults, params) },
  textSearch: { POST: async ({ file, body }) => textSearch(file.vaults, await body()) },
  textSuggest: { GET: ({ file, params }) => textSuggest(file.vaults, params) },
  textHybrid: {
    POST: async ({ file, body, embed }) =>
      hybridTexts(file.vaults, await body(), (text, table) => embedded(embed, text, table)),
  },

  sqlSchema: { GET: ({ file }) => sqlSchema(file.vaults) },
  sqlQuery: { POST: async (context) => run(context, 'sql', sqlArgs(await context.body())) },
  sqlPlan: { POST: async (context) => run(context, 'sql plan', planArgs(await context.body())) },
  sqlExport: { POST: async (context) => sqlDownload(context, sqlExportArgs(await context.body())) },
};

function run({ file, signal }: RouteContext, name: Parameters<typeof file.tasks.run>[0], args: unknown) {
  return file.tasks.run(name, args, signal);
}
