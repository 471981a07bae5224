// Searches many times at once, and sends by how many bytes the memory of the process has grown.
import { VectorKVault } from '@kohakuvault/vector';

const [file, dimensions, searches] = process.argv.slice(2);
const vault = new VectorKVault(file as string, { dimensions: Number(dimensions) });
const query = Float32Array.from({ length: Number(dimensions) }, (_, index) => Math.cos(index));
// Loads what the first search loads.
vault.search(query, 1);
const before = process.resourceUsage().maxRSS;
await Promise.all(
  Array.from({ length: Number(searches) }, (_, index) =>
    vault.searchAsync(query, { k: 3, mode: index % 2 ? 'approximate' : 'exact' }),
  ),
);
process.send?.((process.resourceUsage().maxRSS - before) * 1024, () => process.disconnect());
vault.close();
