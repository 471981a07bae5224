"""expiring.py FILE: Python reads entries that expire, and rewrites or deletes some; the keys name the ways. Prints what it read."""
import io
import sys

import kohakuvault

vault = kohakuvault.KVault(sys.argv[1])
print(sorted(key.decode() for key in vault.keys()), vault["kept"], vault["gone"])
vault["set"] = "from Python"
vault.update({"update": "from Python"})
vault.put_file("put_file", io.BytesIO(b"python" * 100))
with vault.cache():
    vault["cache"] = "from Python"
del vault["del"]
vault.delete("delete")
vault.close()
