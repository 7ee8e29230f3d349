"""How much one group commit holds, whatever log it goes to: bytes."""

#: An entry is at most a watch line, 16 MiB; a longer payload is not ours.
MAX_PAYLOAD_BYTES = 64 << 20
