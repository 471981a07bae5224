import type { SqlSchema } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { useResource } from '../lib/resource.ts';
import { ErrorState, Loading } from '../ui/message.tsx';

/** Tables and columns of the file. A click on a table asks for its first rows; a click on a column writes its name. */
export function Schema(props: { insert: (text: string) => void; choose: (sql: string) => void }) {
  const { file } = useHere();
  const turn = useTurn(file.id, 5_000);
  const schema = useResource(
    `schema ${file.id}`,
    (signal) => get<SqlSchema>(apiAddress('sqlSchema', file.id), signal),
    { version: turn },
  );
  const { data } = schema;
  return (
    <section class="schema" aria-label="Tables">
      {schema.error ? (
        <ErrorState error={shownError(schema.error)} retry={schema.reload} />
      ) : !data ? (
        <Loading what="Reading the schema" />
      ) : (
        <>
          {data.columns.length > 0 && (
            <details open>
              <summary>Columns of the vault</summary>
              <ul>
                {data.columns.map(({ name, sql }) => (
                  <li key={name}>
                    <button type="button" class="cell-button" title={sql} onClick={() => props.choose(sql)}>
                      {name}
                    </button>
                  </li>
                ))}
              </ul>
            </details>
          )}
          {data.tables.map(({ name, kind, columns }) => (
            <details key={name}>
              <summary>
                <span class="mono">{name}</span> {kind !== 'table' && <span class="aside">{kind}</span>}
              </summary>
              <ul>
                <li>
                  <button
                    type="button"
                    class="cell-button link"
                    onClick={() => props.choose(`SELECT * FROM ${quoted(name)} LIMIT 100`)}
                  >
                    First rows
                  </button>
                </li>
                {columns.map((column) => (
                  <li key={column.name}>
                    <button type="button" class="cell-button" onClick={() => props.insert(quoted(column.name))}>
                      {column.name} <span class="aside">{column.type}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </details>
          ))}
        </>
      )}
    </section>
  );
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
