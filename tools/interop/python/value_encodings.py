"""value_encodings.py FILE: reads a table per encoding, writes values of its own beside them, and prints what it read."""

import json
import sys

from kohakuvault import ColumnVault, KVault, VectorKVault

path = sys.argv[1]
result = {}


def shown(read):
    try:
        return repr(read())
    except Exception as error:
        return type(error).__name__ + ": " + str(error)


for table in ["msgpack", "cbor", "json", "utf8", "binary", "own"]:
    vault = KVault(path, table=table)
    result[table] = {key.decode(): shown(lambda: vault[key]) for key in vault.keys()}
    vault["bytes of Python"] = b'"text"'
    vault["object of Python"] = {"a": [1, 2.5, None]}
    vault["text of Python"] = "text"
    vault.close()

vectors = VectorKVault(path, table="vectors", dimensions=2, metric="l2")
result["vectors"] = [shown(lambda: value) for _, _, value in vectors.search([1.0, 0.0], k=2)]

columns = ColumnVault(path)
result["columns"] = shown(lambda: columns.list_columns())
result["records"] = shown(lambda: list(columns["records"]))
result["append"] = shown(lambda: columns["records"].append({"a": 4}))
result["plain"] = shown(lambda: list(columns["plain"]))
print(json.dumps(result))
