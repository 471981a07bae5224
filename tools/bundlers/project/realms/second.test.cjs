const kohakuvault = require('kohakuvault');
const Database = require('better-sqlite3');

require('./suite.cjs')({ kohakuvault, Database, test, expect });
