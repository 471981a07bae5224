// msgpackr, for `require`. By its path, because Node's conditions lead to the file that also loads the native
// `msgpackr-extract`. `scripts/bundle-encoders.ts` makes one file of this and of what it requires.
module.exports = require('../../../node_modules/msgpackr/index.js');
