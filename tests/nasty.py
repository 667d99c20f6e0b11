"""A notebook of everything that a kernel records in its own way: the engine's test of likeness."""

import nbformat
from nbformat import v4

_MAY_FAIL = {"tags": ["raises-exception"]}


def notebook(*cells: str | tuple[str, dict], parameters: str = "who = '甲'\nn = 1") -> nbformat.NotebookNode:
    """A notebook of code cells, after a parameters cell."""
    made = [v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    for cell in cells:
        source, metadata = cell if isinstance(cell, tuple) else (cell, {})
        made.append(v4.new_code_cell(source, metadata=dict(metadata)))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


NASTY = (
    "print('a'); print('b', end=''); 1+1",
    "import sys\nprint('out'); print('err', file=sys.stderr); print('out2')",
    "print('x'); sys.stdout.flush(); print('e', file=sys.stderr, flush=True); print('y')",
    "from IPython.display import HTML, Image, JSON, Markdown, SVG, clear_output, display\n"
    "display(HTML('<b>1</b>'), metadata={'text/html': {'isolated': True}}); print('between'); display(Markdown('# 二'))\n'last'",
    "class Block:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        data = {'text/markdown': '**x**', 'text/plain': 'x', 'application/vnd.x+json': {'a': (1, 2), '中': [1.5, None]}}\n"
    "        return data, {'hotline': {'role': 'r', 'rows': [('a', 1)]}}\nBlock()",
    "display(Block())\nprint(who, n)\n[1, (2, 3)], {'k': {1}}",
    "h = display('first', display_id='h1')",
    "h.update('second'); print('updated')",
    "display('again', display_id='h1')",
    "print('gone'); clear_output(); print('stays')",
    "print('gone'); clear_output(wait=True); print('mid'); display('kept')",
    "import warnings\nwarnings.warn('小心')\nwarnings.warn('又', DeprecationWarning)",
    "%%time\npass",
    "%%capture cap\nprint('captured')",
    "cap.stdout",
    "!echo shell; echo err 1>&2",
    # One descriptor a cell: a kernel watches the two in two threads, and which speaks first is chance.
    "import os, subprocess\nos.system('echo fd1'); None",
    "subprocess.run(['sh', '-c', 'echo fd2 1>&2']); None",
    "x = !echo hi\nx",
    "import asyncio\nawait asyncio.sleep(0.01)\nasync def f(): return 42\nawait f()",
    "import pandas as pd\ndf = pd.DataFrame({'数': [1, 2], 's': ['<b>', None]})\ndf",
    "df.s",
    "pd.DataFrame({f'column {i}': range(80) for i in range(30)})",
    "import numpy as np\nnp.arange(3000).reshape(50, 60)",
    "%config InlineBackend.figure_formats = ['svg']\n"
    "import matplotlib.pyplot as plt\nplt.rcParams['svg.hashsalt'] = 'x'\nplt.plot([1, 2]);",
    "fig, ax = plt.subplots(figsize=(2, 1)); ax.bar([0, 1], [1, 2])\nfig",
    "fig, ax = plt.subplots(figsize=(2, 1))\nax.plot([1, 2])\nplt.show()\nprint('after')",
    "%matplotlib inline\nplt.figure(figsize=(1, 1)).text(0, 0, '字');",
    'SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\')',
    "display({'image/svg+xml': '<svg/>', 'text/plain': 't'}, raw=True, metadata={'hotline': {'role': 'chart'}})",
    "None",
    "   \n",
    "# only a comment",
    "print(_i, In[-2], len(Out) > 0)",
    "len('a')\n;3;",
    "5;",
    "type(get_ipython()).__mro__[-3].__name__, __name__",
    "class P: pass\nimport pickle\npickle.loads(pickle.dumps(P())).__class__.__name__",
    "from dataclasses import dataclass\n@dataclass\nclass D:\n    a: int\nD(1)",
    "import datetime, decimal\ndisplay(datetime.date(2021, 1, 1)); decimal.Decimal('1.10')",
    ("class Bad:\n    def __repr__(self): raise ValueError('no repr')\n[Bad()]", _MAY_FAIL),
    (
        "class Bad:\n    def __repr__(self): return 'Bad'\n    def _repr_html_(self): raise ValueError('no html')\nBad()",
        _MAY_FAIL,
    ),
    ("def g(x):\n    return 1 / x\ng(0)", _MAY_FAIL),
    ("try:\n    g(0)\nexcept ZeroDivisionError as e:\n    raise ValueError('中文') from e", _MAY_FAIL),
    ("a = (\n", _MAY_FAIL),
    "import logging; logging.getLogger('x').warning('log'); print('\\u4e2d', '\\x1b[31mred')",
    "logging.basicConfig(stream=sys.stdout, format='%(message)s', level=logging.INFO); logging.info('configured')",
    "logging.info('and kept')",
    "%who_ls str",
    "?len",
    "for i in range(3): print(i, end='\\r')",
    ("raise SystemExit(0)", _MAY_FAIL),
    "import threading\nt = threading.Thread(target=lambda: print('from thread')); t.start(); t.join()",
    "%%html\n<i>x</i>",
    "%%bash\necho bash",
    "JSON({'a': 1})",
    "display(b'bytes', 3.5, {'a': 1}); Image(data=b'\\x89PNG\\r\\n\\x1a\\nxxxx', format='png')",
    ("open('/nonexistent/x')", {}),
    "print('never')",
)
