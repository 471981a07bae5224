// What every vault promises: see packages/contract.
import { testVault } from '@kohakuvault/contract';
import { describe, test } from 'vitest';
import { kinds } from './support/contract-kinds.ts';

for (const kind of kinds) testVault(kind, { describe, test });
