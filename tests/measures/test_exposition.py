"""Prometheus' text format is written as its own client library reads it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from promoter_view.measures.exposition import Family, labels

_GAUGE = Family("shown", "gauge", "What is shown")


@given(st.dictionaries(st.sampled_from(("a", "b")), st.text(), min_size=1), st.integers(0, 1 << 50))
def test_a_sample_is_read_as_it_was_written(found: dict[str, str], value: int) -> None:
    """Whatever a label holds."""
    (family,) = text_string_to_metric_families((_GAUGE.head() + _GAUGE.sample(labels(found), value)).decode())
    (sample,) = family.samples
    assert (family.type, family.documentation) == ("gauge", "What is shown")

    assert (sample.labels, sample.value) == (found, value)


def test_one_of_several() -> None:
    """Each value has a line, and one of them is 1; none where the chosen one is not among them."""
    found = labels({"name": "shop"})
    assert _GAUGE.one_of(found, "state", ("a", "b"), "b") == (
        b'shown{name="shop",state="a"} 0\nshown{name="shop",state="b"} 1\n'
    )
    assert b"1\n" not in _GAUGE.one_of(found, "state", ("a", "b"), "c")


def test_a_histogram() -> None:
    """Its classes are summed up, with all of them at the end."""
    assert Family("took_seconds", "histogram", "").histogram(b'a="b"', (5, 60), (1, 0, 2), 200).decode() == (
        'took_seconds_bucket{a="b",le="5"} 1\n'
        'took_seconds_bucket{a="b",le="60"} 1\n'
        'took_seconds_bucket{a="b",le="+Inf"} 3\n'
        'took_seconds_sum{a="b"} 200\n'
        'took_seconds_count{a="b"} 3\n'
    )
