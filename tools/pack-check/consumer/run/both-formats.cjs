// Imports and requires each given entry in one process: both must give the same names and the very same values.
const assert = require('node:assert/strict');

async function load(specifier, format) {
  if (format === 'require') return require(specifier);
  if (specifier.endsWith('.json')) return (await import(specifier, { with: { type: 'json' } })).default;
  return import(specifier);
}

function isClass(value) {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

async function main([first, ...specifiers]) {
  const errorClasses = new Set();
  for (const specifier of specifiers) {
    const one = await load(specifier, first);
    const other = await load(specifier, first === 'import' ? 'require' : 'import');
    const names = Object.keys(one).filter((name) => name !== '__esModule');
    assert.ok(names.length > 0, `${specifier} exports nothing`);
    assert.deepEqual(
      names.sort(),
      Object.keys(other)
        .filter((name) => name !== '__esModule')
        .sort(),
      `${specifier} exports other names when it is required`,
    );
    if (specifier.endsWith('.json')) assert.deepEqual(one, other);
    else for (const name of names) assert.ok(one[name] === other[name], `${specifier} has two of ${name}`);
    // A bundler renames a class that mentions itself; the name is in stack traces and in what `console.log` shows.
    for (const name of names.filter((name) => isClass(one[name]))) assert.equal(one[name].name, name, specifier);
    if (one.KohakuVaultError) errorClasses.add(one.KohakuVaultError);
  }
  assert.ok(errorClasses.size <= 1, 'the packages do not share one KohakuVaultError');
}

main(process.argv.slice(2));
