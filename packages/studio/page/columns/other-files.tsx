import { useHere } from '../client/studio.ts';
import { changeQuery } from '../lib/router.ts';

/** The other files of the Studio, whose columns of the same names are laid over the curves. */
export function OtherFiles({ chosen, missing }: { chosen: readonly string[]; missing: readonly string[] }) {
  const { studio, file } = useHere();
  const others = studio.files.filter(({ id }) => id !== file.id);
  if (others.length === 0) return null;
  const toggle = (id: string) =>
    changeQuery({ with: chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id] });
  return (
    <fieldset class="toolbar other-files">
      <legend>Over them, the same columns of</legend>
      {others.map(({ id, name, path }) => (
        <label key={id} class="labeled" title={path}>
          <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} />
          {name}
        </label>
      ))}
      {missing.length > 0 && <span class="about">There is no {missing.join(', and no ')}.</span>}
    </fieldset>
  );
}
