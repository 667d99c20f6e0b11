"""Import this before papermill: half a second of every start is spent on something that nothing here uses.

nbformat imports jsonschema, which imports rfc3987_syntax where it is installed (JupyterLab brings it), which builds a
whole parser for international web addresses. jsonschema does without it as it does where it is not installed.
"""

import sys

_UNUSED = "rfc3987_syntax"

if _UNUSED not in sys.modules and "jsonschema" not in sys.modules:
    sys.modules[_UNUSED] = None  # what says to `import` that there is no such module
    try:
        import jsonschema  # noqa: F401
    finally:
        del sys.modules[_UNUSED]
