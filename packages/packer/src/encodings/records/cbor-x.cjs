// cbor-x, for `require`, without the native `cbor-extract`: see `msgpackr.cjs`.
module.exports = require('../../../node_modules/cbor-x/index.js');
