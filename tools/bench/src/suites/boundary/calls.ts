import type { Case } from '../../suite.ts';
import { loadProbe } from './probe.ts';

/** The part of WebAssembly that is used here; Node's own typings do not have it. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { identity(value: number): number } };
};

// (module
//   (func $inner (param f64) (result f64) local.get 0)
//   (func (export "identity") (param f64) (result f64) local.get 0 call $inner))
// assembled by hand, because a compiler for two functions would be one more thing to install. There are two functions
// because V8 inlines an export that calls nothing, and then no call is left to measure.
const IDENTITY_MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7c, 0x01, 0x7c], // types: (f64) -> f64
  ...[0x03, 0x03, 0x02, 0x00, 0x00], // functions: two, both of type 0
  ...[0x07, 0x0c, 0x01, 0x08, ...Buffer.from('identity'), 0x00, 0x01], // exports: function 1
  ...[0x0a, 0x0d, 0x02, 0x04, 0x00, 0x20, 0x00, 0x0b, 0x06, 0x00, 0x20, 0x00, 0x10, 0x00, 0x0b], // code of both
);

export const callCases: Case[] = [
  {
    name: 'a call with one number',
    unit: 'ns',
    note:
      'the JavaScript function is inlined, so its number is the cost of the timing loop, which all contenders ' +
      'have. A WebAssembly export that calls nothing would be inlined too, so this one calls another function.',
    budgets: [{ against: '#[napi] function', atMost: 0.5 }],
    contenders: {
      'hand-registered function': (context) => {
        const probe = loadProbe(context);
        return context.perOperation((turn) => probe.probeHot(turn));
      },
      '#[napi] function': (context) => {
        const probe = loadProbe(context);
        return context.perOperation((turn) => probe.probeGenerated(turn));
      },
      '#[napi] class method': (context) => {
        const probe = new (loadProbe(context).Probe)();
        return context.perOperation((turn) => probe.method(turn));
      },
      'WebAssembly export': ({ perOperation }) => {
        const { identity } = new WebAssembly.Instance(new WebAssembly.Module(IDENTITY_MODULE)).exports;
        return perOperation((turn) => identity(turn));
      },
      'JavaScript function': ({ perOperation }) => {
        const identity = (value: number): number => value;
        return perOperation((turn) => identity(turn));
      },
    },
  },
];
