// Opens a database the way a CommonJS program does.
const { openDatabase } = require('@kohakuvault/core-native/database');

module.exports = openDatabase;
