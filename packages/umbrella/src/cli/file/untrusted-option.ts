export const UNTRUSTED_OPTION = {
  untrusted: {
    type: 'boolean',
    about: 'for a file of strangers: refuse triggers, views and other objects that could run SQL',
  },
} as const;
