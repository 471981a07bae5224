/** A choice between a few names, all of them in view. */
export function Switches<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [value: T, name: string])[];
  choose: (value: T) => void;
}) {
  return (
    <fieldset class="switches" aria-label={props.label}>
      {props.options.map(([value, name]) => (
        <button key={value} type="button" aria-pressed={value === props.value} onClick={() => props.choose(value)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}
