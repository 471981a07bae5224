"""go_on.py FILE TABLE < CASES: Python changes our file.

CASES is a JSON array of {"key_hex", "value"}, the values tagged as in tagged.py; an entry without a value is deleted.
Prints what Python then has for each key that is left, as the entries check.py compares.
"""
import json
import sys

import kohakuvault
from tagged import dec, enc

WRAPPERS = {"msgpack": "MsgPack", "json": "Json", "cbor": "Cbor", "pickle": "Pickle"}


def given(value):
    if value["t"] == "wrap":
        return getattr(kohakuvault, WRAPPERS[value["enc"]])(dec(value["v"]))
    return dec(value)


file, table = sys.argv[1:]
vault = kohakuvault.KVault(file, table=table)
for case in json.load(sys.stdin):
    key = bytes.fromhex(case["key_hex"])
    if "value" in case:
        vault[key] = given(case["value"])
    else:
        del vault[key]
entries = []
for key in vault.keys(limit=10**6):
    entry = {"key_hex": key.hex()}
    entries.append(entry)
    try:
        value = vault[key]
    except kohakuvault.KohakuVaultError as error:
        entry["error"] = type(error).__name__
        continue
    try:
        entry["value"] = enc(value)
    except (RecursionError, TypeError):  # it contains itself, or a set that cannot be sorted
        entry["value"] = {"t": "other"}
vault.disable_auto_pack()
for entry in entries:
    entry["value_hex"] = vault[bytes.fromhex(entry["key_hex"])].hex()
vault.close()
json.dump(entries, sys.stdout)
