"""go_on_columns.py FILE < COLUMNS: Python changes our columns.

COLUMNS is a JSON array of {"name", "values", "sets"}, with values tagged as in tagged.py. The program appends them to their
column, alone and in lists. If "sets" allows it, it replaces elements by them. It deletes some. It prints the elements that
Python then reads from each column, tagged. `goneOn` in test/cases/columns.ts does the same to a list.
"""
import json
import sys

import kohakuvault
from tagged import dec, enc

vault = kohakuvault.ColumnVault(sys.argv[1])
result = []
for given in json.load(sys.stdin):
    print("column", given["name"], file=sys.stderr)  # the last one printed is the one that failed
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
