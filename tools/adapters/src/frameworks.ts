/** What is installed to test one adapter, and what is tested. */
export interface Framework {
  /** The packages of the registry that the framework and its suite need, in the versions that were tested. */
  readonly install: Readonly<Record<string, string>>;
  /** Our packages that import the framework: their sources are compiled and tested beside it. */
  readonly adapters: readonly string[];
  /** Files and folders of them that are for another version of the framework. */
  readonly without?: readonly string[];
  /** The pages whose programs run. */
  readonly pages: readonly string[];
}

export const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  keyv: {
    install: {
      keyv: '5.6.0',
      '@keyv/test-suite': '2.1.2',
      'cache-manager': '7.2.9',
      'bignumber.js': '9.3.1',
      'json-bigint': '1.0.0',
      timekeeper: '2.3.1',
    },
    adapters: ['keyv'],
    // The tests of the workspace are for Keyv 6.
    without: ['keyv/src/index.ts', 'keyv/src/keyv-vault.ts', 'keyv/test'],
    pages: [],
  },
  unstorage: {
    install: { unstorage: '1.17.6' },
    adapters: ['unstorage'],
    pages: [],
  },
  langchain: {
    install: {
      '@langchain/core': '1.4.0',
      '@langchain/langgraph': '1.7.3',
      '@langchain/langgraph-checkpoint': '1.2.2',
      '@langchain/langgraph-checkpoint-validation': '1.1.1',
      zod: '4.6.7',
    },
    adapters: ['langchain'],
    pages: ['docs/guides/adapters/langchain.md', 'packages/adapters/langchain/README.md'],
  },
  mastra: {
    install: { '@mastra/core': '1.71.0', zod: '4.6.7' },
    adapters: ['mastra'],
    pages: ['docs/guides/adapters/mastra.md', 'packages/adapters/mastra/README.md'],
  },
  'ai-sdk': {
    install: { ai: '7.0.173', zod: '4.6.7' },
    adapters: [],
    pages: ['docs/guides/adapters/ai-sdk.md'],
  },
};
