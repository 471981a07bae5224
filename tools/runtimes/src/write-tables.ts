// Writes the tables of the results into the pages, without running anything.
import { writeTables } from './tables.ts';

writeTables();
