"""change_many_vectors.py FILE TABLE DIMENSIONS METRIC: changes many vectors of a file, as its users would.

Deletes some, gives others vectors that are the negatives of what they were, and inserts some. Prints all of their ids.
"""
import json
import random
import sys

from kohakuvault import VectorKVault

file, table, dimensions, metric = sys.argv[1:]
vault = VectorKVault(file, table=table, dimensions=int(dimensions), metric=metric)
chosen = random.Random(7)
origin = [1.0] + [0.0] * (int(dimensions) - 1)
ids = sorted(found[0] for found in vault.search(origin, k=vault.count()))
some = chosen.sample(ids, 120)
deleted, changed = sorted(some[:60]), sorted(some[60:])
for each in deleted:
    vault.delete(each)
for each in changed:
    vector = vault.get_by_id(each)[0]
    vault.update(each, vector=[-float(value) for value in vector])
inserted = []
for number in range(80):
    vector = [chosen.uniform(-1, 1) for _ in range(int(dimensions))]
    inserted.append([vault.insert(vector, {"inserted": number}), vector])
vault.delete(inserted[-1][0])
print(json.dumps({"deleted": deleted + [inserted.pop()[0]], "changed": changed, "inserted": inserted}))
