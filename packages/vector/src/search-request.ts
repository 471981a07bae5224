import type { VectorRequest } from '@kohakuvault/core-native/internal';
import type { ConditionState } from './condition-state.ts';
import type { Neighbor } from './neighbors.ts';
import { partsOf, type WhereQuery } from './where.ts';

/** How an approximate search looks at the lists of an index. */
export interface ListRequest {
  readonly candidates: number;
  readonly probes?: number;
  readonly recall?: number;
}

/** The request of a search to the core. An approximate one has another number of candidates if there is an index. */
export interface SearchRequest
  extends Omit<VectorRequest, 'residentBytes' | 'whereSql' | 'whereParameters' | 'whereParts' | 'whereState'> {
  /** What the vectors must meet, and the state that the result of it belongs to. */
  readonly where?: { readonly query: WhereQuery; readonly state: ConditionState };
  readonly lists?: ListRequest;
}

/** A request, how many queries it has, and the largest resident copy that its vault allows. */
export interface LimitedRequest {
  readonly request: SearchRequest;
  readonly count: number;
  readonly residentBytes: number;
}

/** Returns a request as the core takes it. To be called right before the search: it tells the state of the table. */
export function vectorRequest(
  { where, lists: _, ...request }: SearchRequest,
  residentBytes: number | undefined,
): VectorRequest {
  const state = where?.state.number;
  return {
    ...request,
    ...(residentBytes !== undefined && { residentBytes }),
    ...(where && { whereSql: where.query.sql, whereParameters: [...where.query.parameters] }),
    ...(where && { whereParts: partsOf(where.query).map((part) => ({ ...part, parameters: [...part.parameters] })) }),
    ...(state !== undefined && { whereState: state }),
  };
}

/** Returns the same text for the same conditions. Texts in conditions have no NUL. */
function whereKey(where: SearchRequest['where']): string {
  return where ? [where.query.sql, ...where.query.parameters].join('\0') : '';
}

/**
 * Returns as few requests as answer all these: the core reads the vectors once for all queries of a request. `split`
 * returns the results of each given request.
 */
export function searchTogether(all: readonly LimitedRequest[]): {
  requests: VectorRequest[];
  split(found: Neighbor[][][]): Neighbor[][][];
} {
  const groups = new Map<unknown, number[]>();
  all.forEach(({ request, residentBytes }, index) => {
    const { metric, limit, only, candidates, searchDimensions, where } = request;
    const key = only ?? `${metric} ${limit} ${candidates} ${searchDimensions} ${residentBytes} ${whereKey(where)}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  const members = [...groups.values()];
  const requests = members.map((indexes) => {
    const { request, residentBytes } = all[indexes[0] as number] as LimitedRequest;
    const queries = Buffer.concat(indexes.map((index) => (all[index] as LimitedRequest).request.queries));
    return vectorRequest({ ...request, queries }, residentBytes);
  });
  return {
    requests,
    split: (found) => {
      const answers: Neighbor[][][] = all.map(() => []);
      members.forEach((indexes, group) => {
        let at = 0;
        for (const index of indexes) {
          const end = at + (all[index] as LimitedRequest).count;
          answers[index] = (found[group] as Neighbor[][]).slice(at, end);
          at = end;
        }
      });
      return answers;
    },
  };
}
