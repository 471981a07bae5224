"""Reads packed records with a structured dtype, prints their fields, and writes them again in reverse with NumPy."""

import json
import sys

import numpy

path, fields = sys.argv[1], [tuple(field) for field in json.loads(sys.argv[2])]
dtype = numpy.dtype(fields)
records = numpy.frombuffer(open(path, "rb").read(), dtype=dtype)
rows = [[repr(record[name].tolist()) for name in dtype.names] for record in records]
print(json.dumps({"size": dtype.itemsize, "rows": rows}))
with open(path, "wb") as file:
    file.write(records[::-1].tobytes())
