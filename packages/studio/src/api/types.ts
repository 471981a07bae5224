/** The JSON API of the Studio: its routes, and what they take and return. */

export * from './types/changes.ts';
export * from './types/columns.ts';
export * from './types/common.ts';
export * from './types/keys.ts';
export * from './types/overview.ts';
export * from './types/routes.ts';
export * from './types/sql.ts';
export * from './types/studio.ts';
export * from './types/texts.ts';
export * from './types/values.ts';
export * from './types/vectors.ts';
