import type { SqlPlan } from '../../src/api/types.ts';

/** How SQLite carries the query out. */
export function Plan({ plan }: { plan: SqlPlan }) {
  return (
    <section class="plan" aria-label="Plan of the query">
      <Steps plan={plan} parent={0} />
    </section>
  );
}

function Steps({ plan, parent }: { plan: SqlPlan; parent: number }) {
  const steps = plan.steps.filter((step) => step.parent === parent);
  if (steps.length === 0) return null;
  return (
    <ul>
      {steps.map(({ id, detail }) => (
        <li key={id}>
          <code>{detail}</code>
          <Steps plan={plan} parent={id} />
        </li>
      ))}
    </ul>
  );
}
