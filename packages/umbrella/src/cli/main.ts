#!/usr/bin/env node
// Before anything else is loaded: Node keeps what V8 compiles in a folder for temporary files, and the next command
// compiles nothing. Node 20 cannot do that.
process.getBuiltinModule('node:module').enableCompileCache?.();
const { runCommandLine } = await import('./run.ts');

process.exitCode = await runCommandLine(process.argv.slice(2));
