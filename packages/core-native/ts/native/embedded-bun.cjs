// Chosen by Bun (the condition `bun` of `imports` in package.json). `bun build --compile` takes into an executable what
// is required by a literal name, and passes over what is not installed. Bun knows platform and architecture when it
// builds, so it takes only what fits.

exports.core = (target) => {
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
  if (process.platform === 'win32' && process.arch === 'x64') return require('@kohakuvault/core-native-win32-x64-msvc');
  return require('@kohakuvault/core-native-win32-arm64-msvc');
};

exports.betterSqlite3 = (target) => {
  if (process.platform === 'linux' && process.arch === 'x64') {
    return target === 'linux-x64-musl' ? require('better-sqlite3/linuxmusl-x64') : require('better-sqlite3/linux-x64');
  }
  if (process.platform === 'linux' && process.arch === 'arm64') {
    return target === 'linux-arm64-musl'
      ? require('better-sqlite3/linuxmusl-arm64')
      : require('better-sqlite3/linux-arm64');
  }
  if (process.platform === 'darwin' && process.arch === 'x64') return require('better-sqlite3/darwin-x64');
  if (process.platform === 'darwin' && process.arch === 'arm64') return require('better-sqlite3/darwin-arm64');
  if (process.platform === 'win32' && process.arch === 'x64') return require('better-sqlite3/win32-x64');
  return require('better-sqlite3/win32-arm64');
};

exports.betterSqlite3Version = () => require('better-sqlite3/package.json').version;
