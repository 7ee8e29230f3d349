"""The memory of bundles to bytes and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.log import memories
from promoter_view.records import BundleKey, Derivation, Memory, Word
from promoter_view.slices import outcome

WORD = st.text(max_size=8)
NUMBER = st.integers(-(2**40), 2**62)
PLAIN = st.recursive(NUMBER | WORD, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
MEMORY = st.builds(
    Memory,
    WORD,
    st.dictionaries(WORD, st.builds(Word, WORD, NUMBER), max_size=3),
    st.dictionaries(WORD, st.lists(PLAIN, max_size=3).map(tuple), max_size=3),
)
KEY = st.builds(BundleKey, st.sampled_from(["strategies", "stages"]), WORD, WORD)


@given(st.dictionaries(KEY, MEMORY, max_size=4))
def test_it_comes_back_as_it_was(memory: dict[BundleKey, Memory]) -> None:
    """Words, times and tallies of any depth are the same after encoding and decoding, in the same order."""
    found = [row for piece in memories.pieces(memory) for row in memories.decode(memories.encode(piece))]
    assert found == list(memory.items())


def test_pieces_are_bounded() -> None:
    """Ten thousand bundles are in pieces that etcd takes, however many words each has; nothing gives none."""
    words = {f"environment/{number}": Word("Queued", number) for number in range(20)}
    memory = {BundleKey("v", "n", str(number)): Memory(str(number), words) for number in range(2000)}
    pieces = list(memories.pieces(memory))
    assert sum(map(len, pieces)) == 2000
    assert 5 < len(pieces) < 100
    assert max(len(memories.encode(piece)) for piece in pieces) < 2 * memories.PIECE_BYTES
    assert list(memories.pieces(None)) == []


@given(
    st.lists(
        st.builds(Derivation, NUMBER, KEY, NUMBER, st.booleans(), MEMORY, st.booleans())
        | st.builds(Derivation, NUMBER, KEY, NUMBER, st.booleans(), st.none(), adds=st.just(value=False)),
        max_size=4,
    )
)
def test_what_became_of_bundles_comes_back_as_it_was(rows: list[Derivation]) -> None:
    """Rows with a memory and without one, in their order."""
    assert outcome(memories.decode_derivations(memories.encode_derivations(rows))) == rows
