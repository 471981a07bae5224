"""grow_columns.py FILE COUNT: Python appends COUNT elements to each of the columns "numbers" and "texts", one by one.

It prints what it then reads from both.
"""
import json
import sys

import kohakuvault

vault = kohakuvault.ColumnVault(sys.argv[1])
numbers, texts = vault["numbers"], vault["texts"]
for turn in range(int(sys.argv[2])):
    numbers.append(turn + 0.5)
    texts.append(f"text {turn}")
print(json.dumps({"numbers": list(numbers), "texts": list(texts)}))
