import type { ColumnSummary } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { ErrorState } from '../ui/message.tsx';
import { shownNumber } from './shown-number.ts';

/** What the curves are in the part that a person has drawn over. */
export function BrushValues(props: { names: readonly string[]; range: { start: number; end: number } | undefined }) {
  const { file } = useHere();
  const { names, range } = props;
  const summaries = useResource(
    range && JSON.stringify([file.id, names, range]),
    (signal) =>
      Promise.all(names.map((name) => get<ColumnSummary>(apiAddress('summary', file.id, { name, ...range }), signal))),
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
          {summaries.data?.map((summary) => (
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

export function deviation({ variance }: ColumnSummary): string {
  return typeof variance === 'number' ? shownNumber(Math.sqrt(variance)) : shownNumber(variance);
}
