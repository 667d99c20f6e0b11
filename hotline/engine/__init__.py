"""The papermill engine `hotline`: a notebook run in this process. Imports nothing else of this package.

Import this package before papermill. nbformat imports jsonschema, which imports rfc3987_syntax where it is installed
(JupyterLab brings it), which takes half a second to build a parser for international web addresses that nothing here
uses. jsonschema does without it as it does where it is not installed.
"""

import sys

_UNUSED = "rfc3987_syntax"

if _UNUSED not in sys.modules and "jsonschema" not in sys.modules:
    sys.modules[_UNUSED] = None  # what says to `import` that there is no such module
    try:
        import jsonschema  # noqa: F401
    finally:
        del sys.modules[_UNUSED]

# papermill, when it is imported, loads the engines that are registered, and so hotline.engine.engine. That works only
# if papermill comes first: the other way round it would find a module that is not whole yet.
import papermill  # noqa: E402, F401
