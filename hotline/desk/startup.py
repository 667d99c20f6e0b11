"""Run by every kernel of `hotline lab` when it starts ($PYTHONSTARTUP): mistakes are explained from the first cell on."""

from hotline import mistakes as _mistakes

_mistakes.explain()
del _mistakes
