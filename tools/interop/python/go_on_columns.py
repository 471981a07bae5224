"""go_on_columns.py FILE < COLUMNS: Python goes on writing in columns of ours.

COLUMNS is a JSON array of {"name", "values"}, the values tagged as in tagged.py. Each is appended to its column, alone and
in lists, and put in place of others; some are deleted. Prints what Python then has in each column, tagged.
"""
import json
import sys

import kohakuvault
from tagged import dec, enc

vault = kohakuvault.ColumnVault(sys.argv[1])
result = []
for given in json.load(sys.stdin):
    column, values = vault[given["name"]], [dec(value) for value in given["values"]]
    column.append(values[0])
    column.extend(values)
    for value in values[:5]:
        column.append(value)
    for at in (0, 3, len(column) - 2):
        column[at] = values[at % len(values)]
    del column[2]
    del column[len(column) - 1]
    if not isinstance(column, kohakuvault.VarSizeColumn):  # which has no insert, and slices of which it writes wrong
        column[1:4] = [values[at % len(values)] for at in range(3)]
        column.insert(1, values[-1])
    result.append({"name": given["name"], "values": [enc(value) for value in column]})
del vault
json.dump(result, sys.stdout)
