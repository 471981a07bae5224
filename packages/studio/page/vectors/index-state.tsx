import { useState } from 'preact/hooks';
import type { RecallResult, VectorTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, post } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { bytes, count, duration, share, time } from '../lib/format.ts';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';

/** The state of an index, and how many of the nearest vectors it finds: measured, by exact searches beside it. */
export function IndexState({ table }: { table: VectorTable }) {
  const { file } = useHere();
  const [recall, setRecall] = useState<RecallResult>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  if (!table.index) {
    return (
      <EmptyState title="There is no index">
        <p>
          Searches compare all vectors, and are exact. For some hundred thousand vectors,{' '}
          <code>vault.createIndex()</code> makes searches that are faster and nearly as good.
        </p>
      </EmptyState>
    );
  }
  const measure = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setRecall(await post<RecallResult>(apiAddress('vectorRecall', file.id), { table: table.table }));
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <div class="view-body padded overview">
      <section class="card" aria-label="State of the index">
        <h2>Index</h2>
        <dl class="facts">
          {Object.entries(table.index)
            .filter(([, value]) => !Array.isArray(value))
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{factOf(name, value)}</dd>
              </div>
            ))}
        </dl>
        <Probes recall={table.index.recall} />
      </section>
      <section class="card recall" aria-label="Recall">
        <h2>Recall</h2>
        {busy && <Loading what="Measuring" />}
        {error !== undefined && <ErrorState error={shownError(error)} retry={measure} />}
        {recall ? (
          <>
            <p class="big">{share(recall.recall)}</p>
            <p class="about">
              of the {count(recall.k)} nearest vectors are found, in {count(recall.queries)} searches. A search takes{' '}
              {duration(recall.approximateMs)} with the index, and {duration(recall.exactMs)} without.
            </p>
          </>
        ) : (
          <p class="about">
            Searches for vectors of the table, with the index and without, and compares what is found.
          </p>
        )}
        <div class="toolbar">
          <button type="button" class="button" disabled={busy} onClick={measure}>
            {recall ? 'Measure again' : 'Measure'}
          </button>
        </div>
      </section>
    </div>
  );
}

function factOf(name: string, value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (name === 'bytes') return bytes(value);
  return name === 'trained' ? time(value) : count(value);
}

interface Probed {
  readonly probes: number;
  readonly recall: number;
}

/** How many of the nearest are found when so many lists are searched, as it was measured when the index was made. */
function Probes({ recall }: { recall: unknown }) {
  if (!Array.isArray(recall) || recall.length === 0) return null;
  return (
    <table class="grid-table probes">
      <caption class="about">Found in so many lists, when the index was made</caption>
      <tbody>
        {(recall as readonly Probed[]).map(({ probes, recall: found }) => (
          <tr key={probes}>
            <th scope="row">{count(probes)}</th>
            <td class="distance">
              <span class="bar" aria-hidden="true">
                <span style={{ width: `${found * 100}%` }} />
              </span>
              {share(found)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
