"""replace.py FILE: Python replaces or removes a value in every way; the keys name the ways. Prints the result of reading `kept`."""
import io
import sys

import kohakuvault

vault = kohakuvault.KVault(sys.argv[1])
try:
    print(repr(vault["kept"]))
except kohakuvault.KohakuVaultError as error:
    print(f"{type(error).__name__}: {error}")
vault["set"] = {"from": "python"}
vault.update({"update": b"python"})
vault.put_file("put_file", io.BytesIO(b"python" * 100))
with vault.cache():
    vault["cache"] = 1
del vault["del"]
vault.delete("delete")
vault.close()
