"""go_on_columns.py FILE < COLUMNS: Python goes on writing in columns of ours.

COLUMNS is a JSON array of {"name", "values", "sets"}, the values tagged as in tagged.py. They are appended to their column,
alone and in lists, and put in place of others where "sets" allows it; some are deleted. Prints what Python then has in each
column, tagged. `goneOn` in test/cases/columns.ts does the same to a list.
"""
import json
import sys

import kohakuvault
from tagged import dec, enc

vault = kohakuvault.ColumnVault(sys.argv[1])
result = []
for given in json.load(sys.stdin):
    print("column", given["name"], file=sys.stderr)  # where it fails
    column, values = vault[given["name"]], [dec(value) for value in given["values"]]
    column.append(values[0])
    column.extend(values)
    for value in values[:5]:
        column.append(value)
    if given["sets"]:
        for at in range(0, len(column), 5):
            column[at] = values[at % len(values)]
    del column[2]
    del column[len(column) - 1]
    if not isinstance(column, kohakuvault.VarSizeColumn):  # which has no insert
        column.insert(1, values[-1])
    result.append({"name": given["name"], "values": [enc(value) for value in column]})
del vault
json.dump(result, sys.stdout)
