// Rows over several columns.
import type { Case } from '../../suite.ts';
import { ownVault } from './fixtures.ts';

const ROWS = 500_000;

export const frameCases: Case[] = [
  {
    name: 'cached append of 500,000 rows of i64, f64, f64',
    unit: 'ns',
    note: 'per row, one call each, from the first to the end of the flush.',
    budgets: [{ atMost: 600 }],
    contenders: {
      kohakuvault: async (context) => {
        const vault = ownVault(context);
        const frame = vault.frame('log', { step: 'i64', loss: 'f64', rate: 'f64' });
        const elapsed = await context.once(() =>
          vault.cache(() => {
            for (let step = 0; step < ROWS; step++)
              frame.append({ step: BigInt(step), loss: 1 / (step + 1), rate: 3e-4 });
            return frame.length;
          }),
        );
        return elapsed / ROWS;
      },
    },
  },
];
