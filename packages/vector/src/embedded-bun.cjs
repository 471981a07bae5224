// Chosen by Bun (the condition `bun` of `imports` in package.json). `bun build --compile` takes into an executable what
// is required by a literal name. It treats a library as a file, and returns the path that the file has inside.

exports.sqliteVec = () => {
  let failure;
  try {
    if (process.platform === 'linux' && process.arch === 'x64') return require('sqlite-vec-linux-x64/vec0.so');
    if (process.platform === 'linux' && process.arch === 'arm64') return require('sqlite-vec-linux-arm64/vec0.so');
    if (process.platform === 'darwin' && process.arch === 'x64') return require('sqlite-vec-darwin-x64/vec0.dylib');
    if (process.platform === 'darwin' && process.arch === 'arm64') return require('sqlite-vec-darwin-arm64/vec0.dylib');
    if (process.platform === 'win32' && process.arch === 'x64') return require('sqlite-vec-windows-x64/vec0.dll');
    return undefined;
  } catch (error) {
    // Inside `try`, Bun passes over a package that is not installed where it builds.
    failure = error;
  }
  throw failure;
};
