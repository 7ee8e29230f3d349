"""How much of one answer is taken, in bytes. Beyond it one object is missed; a line without an end ends its stream."""

MAX_LINE_BYTES = 16 * 1024 * 1024
#: What is kept of a longer one: metadata, which say whose it is, come before spec and status.
KEPT_BYTES = 1024 * 1024
#: Beyond this no line is waited for: nothing that ends it may ever come.
MAX_PASSED_BYTES = 256 * 1024 * 1024


class CutLine(bytes):
    """The beginning of a line that is longer than the bound."""

    __slots__ = ()
