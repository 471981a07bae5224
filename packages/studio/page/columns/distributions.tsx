import type { ColumnInfo, ColumnSummary, Histogram } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { bytes, count, counted, number, share } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { ErrorState, Loading } from '../ui/message.tsx';
import { deviation } from './brush-values.tsx';
import { type ColumnOptions, isNumeric } from './options.ts';
import { shownNumber } from './shown-number.ts';

const LIVE_MS = 1_000;
const BINS = 60;
const WIDTH = 600;
const HEIGHT = 180;

/** A histogram and the statistics of each column of numbers. */
export function Distributions({ options }: { options: ColumnOptions }) {
  const { start, end } = options;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="view-body padded distributions" aria-label="Histograms" tabIndex={0}>
      {options.shown.filter(isNumeric).map((column, index) => (
        <Distribution key={column.name} column={column} color={index} start={start} end={end} />
      ))}
    </section>
  );
}

function Distribution(props: {
  column: ColumnInfo;
  color: number;
  start: number | undefined;
  end: number | undefined;
}) {
  const { file } = useHere();
  const { column, color, start, end } = props;
  const turn = useTurn(file.id, LIVE_MS);
  const range = { name: column.name, start, end };
  const key = JSON.stringify([file.id, range]);
  const histogram = useResource(
    key,
    (signal) => get<Histogram>(apiAddress('histogram', file.id, { ...range, bins: BINS }), signal),
    { version: turn },
  );
  const summary = useResource(
    key,
    (signal) => get<ColumnSummary>(apiAddress('summary', file.id, { ...range, quantiles: '1' }), signal),
    { version: turn },
  );
  return (
    <section class="card" aria-label={`Distribution of ${column.name}`}>
      <h2>
        <span class="swatch" style={{ background: `var(--series-${color % 8})` }} aria-hidden="true" /> {column.name}
      </h2>
      {histogram.error ? (
        <ErrorState error={shownError(histogram.error)} retry={histogram.reload} />
      ) : histogram.data ? (
        <Bars histogram={histogram.data} color={color} />
      ) : (
        <Loading what="Counting" />
      )}
      {summary.error ? (
        <ErrorState error={shownError(summary.error)} retry={summary.reload} />
      ) : (
        summary.data && <Statistics summary={summary.data} />
      )}
    </section>
  );
}

function Bars({ histogram, color }: { histogram: Histogram; color: number }) {
  const { edges, counts } = histogram;
  const most = Math.max(...counts, 1);
  const total = counts.reduce((sum, each) => sum + each, 0);
  const bar = WIDTH / Math.max(1, counts.length);
  if (total === 0) return <p class="about">There is no number to count.</p>;
  return (
    <figure class="histogram">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Histogram in ${counts.length} bins; the fullest has ${count(most)} of ${count(total)} numbers`}
      >
        {counts.map((each, index) => {
          const height = (each / most) * (HEIGHT - 4);
          const [from = 0, to = 0] = [edges[index], edges[index + 1]];
          return (
            <g key={from} class="histogram-bar">
              <title>{`${number(from)} to ${number(to)}: ${count(each)} (${share(each / total)})`}</title>
              <rect x={index * bar} y={0} width={bar} height={HEIGHT} fill="transparent" />
              <rect
                x={index * bar + 0.5}
                y={HEIGHT - Math.max(height, each > 0 ? 1 : 0)}
                width={Math.max(0.5, bar - 1)}
                height={Math.max(height, each > 0 ? 1 : 0)}
                fill={`var(--series-${color % 8})`}
              />
            </g>
          );
        })}
      </svg>
      <figcaption class="about">
        <span>{number(edges[0] ?? 0)}</span>
        <span>fullest bin: {counted(most, 'number')}</span>
        <span>{number(edges.at(-1) ?? 0)}</span>
      </figcaption>
    </figure>
  );
}

function Statistics({ summary }: { summary: ColumnSummary }) {
  const facts: [string, string][] = [
    ['Numbers', count(summary.count)],
    ['NaN', count(summary.nan)],
    ['Lowest', shownNumber(summary.min)],
    ['Highest', shownNumber(summary.max)],
    ['Mean', shownNumber(summary.mean)],
    ['Deviation', deviation(summary)],
    ['Sum', shownNumber(summary.sum)],
    ...(summary.quantiles ?? []).map(({ q, v }): [string, string] => [`${share(q)} are below`, shownNumber(v)]),
    ['In the file', `${bytes(summary.stats.liveBytes)} in ${counted(summary.stats.chunks, 'chunk')}`],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
