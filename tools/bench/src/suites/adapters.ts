import type { Suite } from '../suite.ts';
import { keyvCases } from './adapters/keyv.ts';
import { langchainCases } from './adapters/langchain.ts';
import { langgraphCases } from './adapters/langgraph.ts';
import { levelCases } from './adapters/level.ts';
import { mastraCases } from './adapters/mastra.ts';
import { recordCases } from './adapters/records.ts';
import { sessionCases } from './adapters/sessions.ts';
import { unstorageCases } from './adapters/unstorage.ts';

const suite: Suite = {
  about: 'Stores for frameworks, beside those over files or SQLite that people use with them.',
  cases: [
    ...levelCases,
    ...keyvCases,
    ...unstorageCases,
    ...sessionCases,
    ...langchainCases,
    ...recordCases,
    ...langgraphCases,
    ...mastraCases,
  ],
};

export default suite;
