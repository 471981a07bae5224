"""go_on_vectors.py FILE TABLE DIMENSIONS METRIC: changes the vectors of a file, as its users would.

Deletes the first, gives the second another vector and value, and inserts one. Prints what it then has, and what it finds.
"""
import json
import sys

from kohakuvault import VectorKVault

file, table, dimensions, metric = sys.argv[1:]
vault = VectorKVault(file, table=table, dimensions=int(dimensions), metric=metric)
query = [0.5 + index for index in range(int(dimensions))]
first, second = sorted(found[0] for found in vault.search(query, k=vault.count()))[:2]
vault.delete(first)
vault.update(second, vector=[-value for value in query], value="changed by Python")
inserted = vault.insert(query, {"inserted": "by Python"})
print(json.dumps({
    "query": query,
    "deleted": first,
    "changed": second,
    "inserted": inserted,
    "found": [[found[0], found[1]] for found in vault.search(query, k=10)],
}))
