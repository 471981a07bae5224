import type { ColumnList } from '../../src/api/types.ts';
import { changeQuery } from '../lib/router.ts';
import { Icon } from '../ui/icon.tsx';
import { Switches } from '../ui/switches.tsx';
import { type ColumnOptions, isNumeric } from './options.ts';

export function CurveTools(props: {
  list: ColumnList;
  options: ColumnOptions;
  reads: boolean;
  setReads: (reads: boolean) => void;
  reset: () => void;
}) {
  const { list, options } = props;
  const isPart = options.start !== undefined || options.end !== undefined;
  return (
    <div class="toolbar curve-tools">
      <Switches
        label="What a drag does"
        value={props.reads ? 'read' : 'zoom'}
        options={[
          ['zoom', 'Zoom'],
          ['read', 'Read'],
        ]}
        choose={(mode) => props.setReads(mode === 'read')}
      />
      <button type="button" class="button" disabled={!isPart} onClick={props.reset}>
        <Icon name="reset" />
        All rows
      </button>
      <label class="labeled">
        Across
        <select
          class="field"
          value={options.x ?? ''}
          onChange={({ currentTarget }) => changeQuery({ x: currentTarget.value, from: undefined, to: undefined })}
        >
          <option value="">the row</option>
          {list.columns.filter(isNumeric).map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="labeled">
        <input
          type="checkbox"
          checked={options.log}
          onChange={({ currentTarget }) => changeQuery({ log: currentTarget.checked })}
        />
        Log scale
      </label>
      <label class="labeled">
        Smoothing
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={options.weight}
          onInput={({ currentTarget }) => changeQuery({ smooth: Number(currentTarget.value) || undefined })}
        />
        <output>{options.weight.toFixed(2)}</output>
      </label>
      <label class="labeled">
        Points
        <select
          class="field"
          value={options.method}
          onChange={({ currentTarget }) => changeQuery({ method: currentTarget.value })}
        >
          <option value="minmax">lowest and highest</option>
          <option value="lttb">by shape</option>
          <option value="mean">means</option>
        </select>
      </label>
    </div>
  );
}
