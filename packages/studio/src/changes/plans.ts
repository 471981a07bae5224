import { randomBytes } from 'node:crypto';
import { InvalidArgument, NotFound, type OptionRule } from '@kohakuvault/core-native/internal';
import { bodyRules, checkBody } from '../api/body.ts';
import { StudioError } from '../api/studio-error.ts';
import type { AppliedPlan, ChangePlan, PlanRequest } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { refOf } from '../keys/key-ref.ts';
import { applyElement, elementStep, shownElement } from './element-plan.ts';
import { apply, shownAfter, shownBefore, stepsOf } from './plan.ts';

/** A plan is kept for so long, in milliseconds. */
const KEPT = 600_000;
const MOST_KEPT = 50;
const SHOWN = 100;

interface Kept {
  readonly count: number;
  readonly until: number;
  readonly apply: () => void;
}

const RULES: Readonly<Record<PlanRequest['kind'], { rules: Record<string, OptionRule>; needed: string[] }>> = {
  set: {
    rules: { table: bodyRules.text, key: bodyRules.text, json: bodyRules.text },
    needed: ['table', 'key', 'json'],
  },
  text: {
    rules: { table: bodyRules.text, key: bodyRules.text, text: bodyRules.text },
    needed: ['table', 'key', 'text'],
  },
  delete: { rules: { table: bodyRules.text, keys: bodyRules.texts }, needed: ['table', 'keys'] },
  'delete-range': { rules: { range: bodyRules.object }, needed: ['range'] },
  element: {
    rules: { column: bodyRules.text, row: bodyRules.whole(0, Number.MAX_SAFE_INTEGER), json: bodyRules.text },
    needed: ['column', 'row', 'json'],
  },
  rename: { rules: { table: bodyRules.text, key: bodyRules.text, to: bodyRules.text }, needed: ['table', 'key', 'to'] },
};

/** The changes of one file that were shown and not yet confirmed. */
export class Plans {
  readonly #file: VaultFile;
  readonly #kept = new Map<string, Kept>();

  constructor(file: VaultFile) {
    this.#file = file;
  }

  /** Returns what a change would do. Changes nothing. */
  make(body: unknown): ChangePlan {
    this.#checkWritable();
    const request = planOf(body);
    return this.#file.consistently(() => {
      if (request.kind === 'element') return this.#element(request);
      const { table, steps } = stepsOf(this.#file, request);
      const id = this.#keep(steps.length, () => apply(this.#file, table, steps));
      const { look } = this.#file.stored(table);
      const bytes = steps.reduce((sum, { key, to }) => sum + (to ? 0 : (look.look(key)?.bytes ?? 0)), 0);
      const changes = steps.slice(0, SHOWN).flatMap((step) => {
        const before = shownBefore(this.#file, table, step.key);
        if (!step.to) return [{ key: refOf(step.key), before, after: shownAfter(step) }];
        return [
          { key: refOf(step.key), before, after: null },
          { key: refOf(step.to), before: null, after: before },
        ];
      });
      return { id, changes, count: steps.length, bytes };
    });
  }

  #element(request: PlanRequest & { kind: 'element' }): ChangePlan {
    const step = elementStep(this.#file, request);
    const change = shownElement(step);
    const id = this.#keep(1, () => applyElement(this.#file, step));
    return { id, changes: [change], count: 1, bytes: change.before?.bytes ?? 0 };
  }

  /** Does a plan: all of it, or nothing. */
  apply(id: string): AppliedPlan {
    this.#checkWritable();
    const kept = this.#kept.get(id);
    if (!kept || kept.until < performance.now()) {
      throw new NotFound(
        'this change is not known any more: it was made, given up, or is older than ten minutes; plan it again',
      );
    }
    this.#kept.delete(id);
    this.#file.connection.transactionOfAll(kept.apply);
    return { count: kept.count, version: this.#file.version() };
  }

  forget(id: string): void {
    this.#kept.delete(id);
  }

  #keep(steps: number, carryOut: () => void): string {
    const now = performance.now();
    for (const [id, { until }] of this.#kept) {
      if (until < now || this.#kept.size >= MOST_KEPT) this.#kept.delete(id);
    }
    const id = randomBytes(12).toString('base64url');
    this.#kept.set(id, { count: steps, until: now + KEPT, apply: carryOut });
    return id;
  }

  #checkWritable(): void {
    if (this.#file.readonly) throw readonlyError();
  }
}

export function readonlyError(): StudioError {
  return new StudioError('STUDIO_READONLY', 'this Studio only reads; start it with --write to change the file');
}

function planOf(body: unknown): PlanRequest {
  const kind = (body as PlanRequest | null | undefined)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(RULES, kind)) {
    throw new InvalidArgument(
      `a change expects kind to be ${Object.keys(RULES).join(', ')}, got ${JSON.stringify(kind)}`,
    );
  }
  const { rules, needed } = RULES[kind];
  checkBody('change', body, { kind: bodyRules.text, ...rules } as never, needed as never);
  if (kind === 'delete-range') {
    const ends = {
      table: bodyRules.text,
      prefix: bodyRules.text,
      gte: bodyRules.text,
      gt: bodyRules.text,
      lte: bodyRules.text,
      lt: bodyRules.text,
    };
    checkBody('range', (body as PlanRequest & { kind: 'delete-range' }).range, ends, ['table']);
  }
  return body as PlanRequest;
}
