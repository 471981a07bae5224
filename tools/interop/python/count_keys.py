"""count_keys.py FILE: opens a file, prints how many keys it has, and closes it."""
import sys

from kohakuvault import KVault

vault = KVault(sys.argv[1])
print(len(vault))
vault.close()
