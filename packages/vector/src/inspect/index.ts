export { Findings, type PackageTables, type TableInspector } from '@kohakuvault/core-native/internal/database';
export { declaredVectors, type VectorDeclaration } from './declarations.ts';
export { type VectorSummary, vectorInspector } from './vector-inspector.ts';
