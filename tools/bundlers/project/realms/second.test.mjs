import Database from 'better-sqlite3';
import * as kohakuvault from 'kohakuvault';
import suite from './suite.cjs';

suite({ kohakuvault, Database, test, expect });
