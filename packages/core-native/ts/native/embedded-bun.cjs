// Chosen by Bun (the condition `bun` of `imports` in package.json). `bun build --compile` takes into an executable what
// is required by a literal name. It knows platform and architecture when it builds, so it takes only what fits.

exports.core = (target) => {
  let failure;
  try {
    if (process.platform === 'linux' && process.arch === 'x64') {
      return target === 'linux-x64-musl'
        ? require('@kohakuvault/core-native-linux-x64-musl')
        : require('@kohakuvault/core-native-linux-x64-gnu');
    }
    if (process.platform === 'linux' && process.arch === 'arm64') {
      return target === 'linux-arm64-musl'
        ? require('@kohakuvault/core-native-linux-arm64-musl')
        : require('@kohakuvault/core-native-linux-arm64-gnu');
    }
    if (process.platform === 'darwin' && process.arch === 'x64') return require('@kohakuvault/core-native-darwin-x64');
    if (process.platform === 'darwin' && process.arch === 'arm64')
      return require('@kohakuvault/core-native-darwin-arm64');
    if (process.platform === 'win32' && process.arch === 'x64')
      return require('@kohakuvault/core-native-win32-x64-msvc');
    if (process.platform === 'win32' && process.arch === 'arm64')
      return require('@kohakuvault/core-native-win32-arm64-msvc');
    failure = new Error(`nothing is embedded for ${target}`);
  } catch (error) {
    // Inside `try`, Bun passes over a package that is not installed where it builds.
    failure = error;
  }
  throw failure;
};

exports.betterSqlite3 = (target) => {
  let failure;
  try {
    if (process.platform === 'linux' && process.arch === 'x64') {
      return target === 'linux-x64-musl'
        ? require('better-sqlite3/linuxmusl-x64')
        : require('better-sqlite3/linux-x64');
    }
    if (process.platform === 'linux' && process.arch === 'arm64') {
      return target === 'linux-arm64-musl'
        ? require('better-sqlite3/linuxmusl-arm64')
        : require('better-sqlite3/linux-arm64');
    }
    if (process.platform === 'darwin' && process.arch === 'x64') return require('better-sqlite3/darwin-x64');
    if (process.platform === 'darwin' && process.arch === 'arm64') return require('better-sqlite3/darwin-arm64');
    if (process.platform === 'win32' && process.arch === 'x64') return require('better-sqlite3/win32-x64');
    if (process.platform === 'win32' && process.arch === 'arm64') return require('better-sqlite3/win32-arm64');
    failure = new Error(`nothing is embedded for ${target}`);
  } catch (error) {
    // Inside `try`, Bun passes over a package that is not installed where it builds.
    failure = error;
  }
  throw failure;
};

exports.betterSqlite3Version = () => require('better-sqlite3/package.json').version;
