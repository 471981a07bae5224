"""Opens each column that is named. Prints the first elements of those that can be read, and why others cannot."""

import json
import sys

from kohakuvault import ColumnVault

path, *names = sys.argv[1:]
vault = ColumnVault(path)
found = {}
for name in names:
    try:
        found[name] = {"elements": list(vault[name])[:3]}
    except Exception as error:
        found[name] = {"refused": f"{type(error).__name__}: {error}"}
print(json.dumps(found))
