// run-file.js FILE REPORT: runs the tests of a file, one after another. Appends a line of JSON to the report when a
// test begins and when it ends, so that the report tells which test ended the process.
import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterEverything, endings, registered } from 'vitest';

const [file, report] = process.argv.slice(2);
const write = (line) => appendFileSync(report, `${JSON.stringify(line)}\n`);

/** The hooks of a group and of those around it, from outside to inside. */
function hooksOf(group, kind) {
  return group ? [...hooksOf(group.parent, kind), ...group[kind]] : [];
}

/** Settles as the body does, or rejects when its time is over. What it does goes on then. */
async function inTime(body, milliseconds) {
  let timer;
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([body(), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** The hooks that run once, and have run. */
const begun = new Set();

async function run({ body, group, timeout }) {
  const failures = [];
  const attempt = async (step) => {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  };
  for (const hook of hooksOf(group, 'beforeAll')) {
    if (begun.has(hook)) continue;
    begun.add(hook);
    await attempt(hook);
  }
  for (const hook of hooksOf(group, 'beforeEach')) await attempt(hook);
  if (failures.length === 0) await attempt(() => inTime(async () => body({}), timeout));
  for (const hook of hooksOf(group, 'afterEach').reverse()) await attempt(hook);
  for (const ending of endings.splice(0).reverse()) await attempt(ending);
  return failures[0];
}

function textOf(error) {
  if (!(error instanceof Error) && typeof error?.message !== 'string') return `thrown: ${String(error)}`;
  const code = error.code === undefined ? '' : ` [${error.code}]`;
  const place = process.env.RUNTIMES_STACKS ? `\n${error.stack}` : '';
  return `${error.name}${code}: ${error.message}${place}`;
}

let failure;
// A failure outside the running test is that test's, as vitest has it.
const loose = (error) => {
  failure ??= error;
};
process.on('uncaughtException', loose);
process.on('unhandledRejection', loose);

try {
  await import(pathToFileURL(file).href);
} catch (error) {
  console.error(textOf(error));
  process.exit(1);
}
write({ tests: registered.map(({ name }) => name) });
for (const entry of registered) {
  write({ begins: entry.name });
  failure = undefined;
  const thrown = await run(entry);
  failure = thrown ?? failure;
  write(failure === undefined ? { ends: entry.name } : { ends: entry.name, failure: textOf(failure) });
}
for (const hook of afterEverything) await hook();
write({ over: true });
// What a test has left running does not keep the process.
setTimeout(() => process.exit(0), 1_000).unref();
