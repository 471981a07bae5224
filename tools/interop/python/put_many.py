"""put_many.py FILE COUNT: writes COUNT keys, one transaction each, as soon as a line comes in."""
import sys

import kohakuvault

file, count = sys.argv[1], int(sys.argv[2])
vault = kohakuvault.KVault(file)
print("ready", flush=True)
sys.stdin.readline()
for index in range(count):
    vault[f"python {index:05}"] = {"from": "python", "index": index}
vault.close()
