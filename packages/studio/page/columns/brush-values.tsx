import type { ColumnSummary } from '../../src/api/types.ts';
import { orMissing, shownError } from '../client/errors.ts';
import { apiAddress, get } from '../client/request.ts';
import { count } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { ErrorState } from '../ui/message.tsx';
import type { CurveSource } from './curve-sources.ts';
import { shownNumber } from './shown-number.ts';

/** What the curves are in the part that a person has drawn over. */
export function BrushValues(props: {
  sources: readonly CurveSource[];
  range: { start: number; end: number } | undefined;
}) {
  const { sources, range } = props;
  const summaries = useResource(
    range && JSON.stringify([sources.map(({ file, name }) => [file.id, name]), range]),
    (signal) => Promise.all(sources.map((source) => summaryOf(source, range, signal))),
    { keep: true },
  );
  if (!range) return <p class="brush about">Draw over a part of the curve to read its values.</p>;
  if (summaries.error) return <ErrorState error={shownError(summaries.error)} retry={summaries.reload} />;
  return (
    <div class="brush" role="status">
      <table class="grid-table">
        <caption class="about">
          Rows {count(range.start)} to {count(range.end - 1)}
        </caption>
        <thead>
          <tr>
            <th scope="col">Column</th>
            {['Lowest', 'Mean', 'Highest', 'Deviation', 'Numbers', 'NaN'].map((name) => (
              <th key={name} scope="col" class="is-number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {summaries.data
            ?.filter((summary) => summary !== undefined)
            .map((summary) => (
              <tr key={summary.name}>
                <th scope="row">{summary.name}</th>
                <td class="is-number">{shownNumber(summary.min)}</td>
                <td class="is-number">{shownNumber(summary.mean)}</td>
                <td class="is-number">{shownNumber(summary.max)}</td>
                <td class="is-number">{deviation(summary)}</td>
                <td class="is-number">{count(summary.count)}</td>
                <td class="is-number">{count(summary.nan)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

async function summaryOf(
  { file, name, label, isOther }: CurveSource,
  range: object | undefined,
  signal: AbortSignal,
): Promise<ColumnSummary | undefined> {
  const summary = get<ColumnSummary>(apiAddress('summary', file.id, { name, ...range }), signal);
  const found = isOther ? await orMissing(summary) : await summary;
  return found && { ...found, name: label };
}

export function deviation({ variance }: ColumnSummary): string {
  return typeof variance === 'number' ? shownNumber(Math.sqrt(variance)) : shownNumber(variance);
}
