/** Texts of several chunks. */
export const LOCKS =
  'A writer takes the write lock. Others wait for the lock until it is free. Readers never wait for a writer.';
export const FISH = 'Salmon swim up the river. They lay their eggs there. The young fish swim to the sea.';
