export * from '@kohakuvault/kvault';
