export { Findings, type PackageTables, type TableInspector } from '@kohakuvault/core-native/internal/database';
export { type DeclaredTexts, declaredTexts } from './declarations.ts';
export { type DeclaredDocuments, declaredDocuments } from './declared-documents.ts';
export { type TextSummary, textInspector } from './text-inspector.ts';
