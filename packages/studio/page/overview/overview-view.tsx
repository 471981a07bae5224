import type { Overview, SizeItem, Sizes } from '../../src/api/types.ts';
import { useHere } from '../client/studio.ts';
import { bytes, count, counted, plural, shortCount } from '../lib/format.ts';
import { addressOf } from '../lib/router.ts';
import { EmptyState } from '../ui/message.tsx';
import { Health } from './health.tsx';
import { SizeMap, useSizes } from './size-map.tsx';

/** The most columns that are listed; the view of columns has all of them. */
const LISTED_COLUMNS = 12;

export function OverviewView() {
  const { file, overview } = useHere();
  const sizes = useSizes();
  return (
    <div class="view">
      <header class="view-head">
        <div class="view-title">
          <h1>{file.name}</h1>
          <span class="about mono">{file.path}</span>
        </div>
        <Facts overview={overview} />
      </header>
      <div class="view-body padded overview">
        {overview.isVault ? (
          <Contents overview={overview} sizes={sizes.data} />
        ) : (
          <EmptyState title="This file has no vault yet">
            <p>It is a SQLite file without keys, columns, vectors or texts of KohakuVault. SQL reads its tables.</p>
          </EmptyState>
        )}
        {overview.pages.count > 0 && <SizeMap sizes={sizes} />}
        <div class="two">
          <Health file={file.id} />
          <Python overview={overview} />
        </div>
        <Foreign overview={overview} />
      </div>
    </div>
  );
}

function Facts({ overview }: { overview: Overview }) {
  const { journal, pages, schemaVersion, host } = overview;
  const facts: [string, string][] = [
    ['Size', bytes(overview.bytes)],
    ['Journal', journal.mode === 'wal' ? `WAL, ${bytes(journal.walBytes)}` : journal.mode],
    ['Pages', `${count(pages.count)} × ${bytes(pages.size)}, ${count(pages.free)} free`],
    ['Schema', schemaVersion ?? 'none'],
    ['SQLite', host.sqlite],
    ['Node', host.node.replace(/^v/, '')],
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

function Contents({ overview, sizes }: { overview: Overview; sizes: Sizes | undefined }) {
  const { file } = useHere();
  /** Where the overview had no time to count, the sizes know. */
  const amountOf = (kind: SizeItem['kind'], known: number | null, table: string) =>
    known ?? sizes?.items.find((item) => item.kind === kind && item.name === table)?.count ?? null;
  const frames = new Set(overview.frames.flatMap(({ columns }) => columns));
  const alone = overview.columns.filter(({ name }) => !frames.has(name));
  return (
    <ul class="parts">
      {overview.kv.map(({ table, keys, encoding }) => (
        <Part
          key={`kv ${table}`}
          kind="kv"
          address={addressOf([file.id, 'keys', table])}
          name={table}
          amount={amountOf('kv', keys, table)}
          noun="key"
          about={encoding === 'auto' ? 'values of any kind' : `values as ${encoding}`}
        />
      ))}
      {overview.frames.map(({ name, columns }) => (
        <Part
          key={`frame ${name}`}
          kind="column"
          address={addressOf([file.id, 'columns'], { show: columns })}
          name={name}
          amount={overview.columns.find((column) => column.name === columns[0])?.length ?? null}
          noun="row"
          about={`frame of ${counted(columns.length, 'column')}`}
        />
      ))}
      {alone.slice(0, LISTED_COLUMNS).map(({ name, dtype, length }) => (
        <Part
          key={`column ${name}`}
          kind="column"
          address={addressOf([file.id, 'columns'], { show: [name] })}
          name={name}
          amount={length}
          noun="element"
          about={`column of ${dtype}`}
        />
      ))}
      {alone.length > LISTED_COLUMNS && (
        <Part
          kind="column"
          address={addressOf([file.id, 'columns'])}
          name={`${count(alone.length - LISTED_COLUMNS)} more`}
          amount={alone.length}
          noun="column"
          about="in all"
        />
      )}
      {overview.vectors.map(({ table, vectors, dimensions, metric, index }) => (
        <Part
          key={`vectors ${table}`}
          kind="vectors"
          address={addressOf([file.id, 'vectors', table])}
          name={table}
          amount={amountOf('vectors', vectors, table)}
          noun="vector"
          about={`${count(dimensions)} dimensions, ${metric}${index ? ', with an index' : ''}`}
        />
      ))}
      {overview.texts.map(({ table, documents, columns }) => (
        <Part
          key={`texts ${table}`}
          kind="texts"
          address={addressOf([file.id, 'texts', table])}
          name={table}
          amount={amountOf('texts', documents, table)}
          noun="document"
          about={`texts in ${columns.join(', ')}`}
        />
      ))}
    </ul>
  );
}

function Part(props: {
  kind: string;
  address: string;
  name: string;
  amount: number | null;
  noun: string;
  about: string;
}) {
  const { amount, noun } = props;
  return (
    <li>
      <a class={`part kind-${props.kind}`} href={props.address}>
        <strong>{props.name}</strong>
        <span class="amount" title={amount === null ? undefined : count(amount)}>
          {amount === null ? 'not counted' : `${shortCount(amount)} ${plural(noun, amount)}`}
        </span>
        <span class="about">{props.about}</span>
      </a>
    </li>
  );
}

function Python({ overview }: { overview: Overview }) {
  return (
    <section class="card" aria-labelledby="python">
      <h2 id="python">What Python can read</h2>
      {overview.python.length === 0 ? (
        <p class="about">There is nothing in the file that Python could read.</p>
      ) : (
        <ul class="findings">
          {overview.python.map(({ what, reads, note }) => (
            <li key={what}>
              <span class={`badge ${reads === 'yes' ? 'good' : reads === 'no' ? 'bad' : 'warm'}`}>{reads}</span>
              <div>
                <strong>{what}</strong> <span class="about">{note}</span>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Foreign({ overview }: { overview: Overview }) {
  const { file } = useHere();
  const { others, foreign } = overview;
  if (others.length + foreign.length === 0) return null;
  return (
    <section class="card" aria-labelledby="others">
      <h2 id="others">Also in the file</h2>
      {others.length > 0 && (
        <p>
          Tables of other programs:{' '}
          {others.map((name, index) => (
            <span key={name}>
              {index > 0 && ', '}
              <a href={addressOf([file.id, 'sql'], { q: `SELECT * FROM "${name.replaceAll('"', '""')}" LIMIT 100` })}>
                {name}
              </a>
            </span>
          ))}
          .
        </p>
      )}
      {foreign.length > 0 && (
        <p>
          <span class="badge warm">look</span> Triggers and views run SQL that the file brings: {foreign.join(', ')}.
        </p>
      )}
    </section>
  );
}
