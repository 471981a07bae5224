import assert from 'node:assert/strict';
import { DataPacker } from '@kohakuvault/packer';

const packer = new DataPacker('f64');
assert.equal(packer.unpack(packer.pack(1.5)), 1.5);
