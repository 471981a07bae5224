// What every vault promises, over Node's own SQLite: see packages/contract.
import { testVault } from '@kohakuvault/contract';
import { describe, test } from 'vitest';
import { columnKind, keyKind, textKind, vectorKind } from './support/node-kinds.ts';

testVault(keyKind, { describe, test });
testVault(columnKind, { describe, test });
testVault(vectorKind, { describe, test });
testVault(textKind, { describe, test });
