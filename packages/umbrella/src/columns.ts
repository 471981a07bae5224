export * from '@kohakuvault/columns';
