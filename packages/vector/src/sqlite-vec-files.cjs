// sqlite-vec's extension by platform. The names are literals for tools that collect the files of a program
// (@vercel/nft); they pass over what is not installed.

exports['linux-x64'] = () => require.resolve('sqlite-vec-linux-x64/vec0.so');
exports['linux-arm64'] = () => require.resolve('sqlite-vec-linux-arm64/vec0.so');
exports['darwin-x64'] = () => require.resolve('sqlite-vec-darwin-x64/vec0.dylib');
exports['darwin-arm64'] = () => require.resolve('sqlite-vec-darwin-arm64/vec0.dylib');
exports['win32-x64'] = () => require.resolve('sqlite-vec-windows-x64/vec0.dll');
