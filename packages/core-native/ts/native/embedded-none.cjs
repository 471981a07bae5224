// Chosen by everything but Bun: nothing is embedded in the program. Turbopack, which follows `require` in ES modules,
// collects the files that are named here for Next.js. Nobody calls this: it lists packages that are not installed, too.

exports.named = () => [
  require.resolve('better-sqlite3'),
  require.resolve('@kohakuvault/core-native-linux-x64-gnu'),
  require.resolve('@kohakuvault/core-native-linux-arm64-gnu'),
  require.resolve('@kohakuvault/core-native-linux-x64-musl'),
  require.resolve('@kohakuvault/core-native-linux-arm64-musl'),
  require.resolve('@kohakuvault/core-native-darwin-x64'),
  require.resolve('@kohakuvault/core-native-darwin-arm64'),
  require.resolve('@kohakuvault/core-native-win32-x64-msvc'),
  require.resolve('@kohakuvault/core-native-win32-arm64-msvc'),
];
