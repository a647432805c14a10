"""``mx.sym.sparse``: symbols of the operators that know sparse arrays, all from the operator table."""
