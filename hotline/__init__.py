"""The weekly bulletin of a 12345 government-service hotline."""


class HotlineError(Exception):
    """Something that a person has to mend; the message, in Chinese, says what is wrong, where, and what to do."""
