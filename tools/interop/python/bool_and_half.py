"""bool_and_half.py FILE: Python reads columns of truth values and of floats of 16 bits, and adds to them.

On stdin are, by the names of the columns, the elements to add to each; "new" has columns to create, with their dtypes.
It prints the elements that it read before, and the names of the errors that columns raised.
"""
import json
import sys

import kohakuvault

vault = kohakuvault.ColumnVault(sys.argv[1])
orders = json.load(sys.stdin)


def plain(values):
    return [value.tolist() if hasattr(value, "tolist") else value for value in values]


found, errors = {}, {}
for name, more in orders["more"].items():
    try:
        column = vault[name]
        found[name] = plain(column.read())
        column.extend(more)
        if more:
            column.append(more[0])
            column[0] = more[-1]
    except Exception as error:
        errors[name] = type(error).__name__
for name, (dtype, values) in orders["new"].items():
    vault.create_column(name, dtype).extend(values)
print(json.dumps({"found": found, "errors": errors}))
vault.close()
