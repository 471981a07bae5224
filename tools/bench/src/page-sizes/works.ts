import { columnWorks } from './column-works.ts';
import { growthWorks } from './growth-works.ts';
import { kvWorks } from './kv-works.ts';
import { vectorWorks } from './vector-works.ts';
import type { Work } from './work.ts';

export const WORKS: readonly Work[] = [...kvWorks, ...columnWorks, ...vectorWorks, ...growthWorks];
