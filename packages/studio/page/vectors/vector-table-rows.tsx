import type { ValueNode, VectorTable } from '../../src/api/types.ts';
import { number } from '../lib/format.ts';
import { cellOf, kindClass, summaryOf } from '../values/nodes.ts';

interface Row {
  readonly id: string;
  readonly value: ValueNode;
  readonly fields: Record<string, ValueNode>;
  readonly distance: number | undefined;
}

export function VectorTableRows(props: { table: VectorTable; rows: readonly Row[]; open: (id: string) => void }) {
  const { table, rows } = props;
  const fields = Object.keys(table.fields);
  const hasDistance = rows.some(({ distance }) => distance !== undefined);
  const farthest = Math.max(...rows.map(({ distance = 0 }) => Math.abs(distance)), Number.MIN_VALUE);
  if (rows.length === 0) return null;
  return (
    <table class="grid-table wide">
      <thead>
        <tr>
          {hasDistance && <th scope="col">Distance</th>}
          <th scope="col">Id</th>
          {fields.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ id, value, fields: own, distance }) => (
          <tr key={id}>
            {hasDistance && (
              <td class="distance">
                <span class="bar" aria-hidden="true">
                  <span style={{ width: `${(Math.abs(distance ?? 0) / farthest) * 100}%` }} />
                </span>
                {number(distance ?? 0)}
              </td>
            )}
            <td>
              <button type="button" class="cell-button link" onClick={() => props.open(id)}>
                {id}
              </button>
            </td>
            {fields.map((name) => {
              const node = own[name];
              return (
                <td key={name} class={node && kindClass(node)}>
                  {node ? cellOf(node) : '–'}
                </td>
              );
            })}
            <td class={kindClass(value)}>{summaryOf(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
