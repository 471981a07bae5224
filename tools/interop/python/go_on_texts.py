"""go_on_texts.py FILE TABLE COLUMNS: changes the texts of a file, as its users would.

Deletes the first document, gives the second other texts and another value, and inserts one. Prints what it did, and
what it then finds.
"""
import json
import sys

from kohakuvault import TextVault

file, table, columns = sys.argv[1:]
columns = columns.split(",")
vault = TextVault(file, table=table, columns=columns)
texts = {column: "a zebra from Python" for column in columns}
first, second = sorted(vault.keys(limit=100000))[:2]
vault.delete(first)
vault.update(second, texts=texts, value="changed by Python")
inserted = vault.insert(texts, {"inserted": "by Python"})
print(json.dumps({
    "deleted": first,
    "changed": second,
    "inserted": inserted,
    "found": [[found[0], found[1]] for found in vault.search("zebra", k=100)],
}))
