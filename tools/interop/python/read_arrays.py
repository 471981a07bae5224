"""Reads the arrays that the command line has exported, prints their content, and saves each again with NumPy."""

import json
import sys

import numpy

for path in sys.argv[1:]:
    array = numpy.load(path, allow_pickle=False)
    mapped = numpy.load(path, allow_pickle=False, mmap_mode="r")
    print(json.dumps({"dtype": str(array.dtype), "shape": array.shape, "values": [str(x) for x in mapped.ravel()]}))
    numpy.save(path, array)
