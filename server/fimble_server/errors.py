"""The one kind of error that a user sees."""


class FimbleError(Exception):
    """Something the user can mend; the message is one sentence that says what is wrong and what to do."""
