"""open_columns.py FILE: Python holds the columns "numbers" and "texts" open, and uses them as it is told.

Each line on stdin is a step: {"append": N} adds N elements to each, {"set": I} replaces element I, {"pop": true} removes
the last ones. After each step it prints a line with what it reads through the columns that it opened at the start.
"""
import json
import sys

import kohakuvault

vault = kohakuvault.ColumnVault(sys.argv[1])
numbers, texts = vault["numbers"], vault["texts"]
for line in sys.stdin:
    step = json.loads(line)
    for turn in range(step.get("append", 0)):
        numbers.append(turn + 0.25)
        texts.append(f"Python {turn}")
    if "set" in step:
        numbers[step["set"]] = -1.0
        texts[step["set"]] = "set by Python"
    if "pop" in step:
        del numbers[len(numbers) - 1]
        del texts[len(texts) - 1]
    print(json.dumps({"numbers": list(numbers), "texts": list(texts), "lengths": [len(numbers), len(texts)]}), flush=True)
vault.close()
