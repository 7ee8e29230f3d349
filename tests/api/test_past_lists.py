"""Reads of a moment: ``at``, and ``resourceVersionMatch=Exact`` of what memory no longer holds."""

from __future__ import annotations

from tests.support.api.world import BASE, World


def forgetful() -> World:
    """A world whose memory forgets at once what its log still holds."""
    world = World(history_bytes=1, keeps_log=True)
    world.clock.advance(60)
    world.put("n", "a", note="one")
    world.put("n", "b", note="one")
    world.clock.advance(60)
    return world


def test_exact_is_answered_from_the_log() -> None:
    """Byte for byte as it was, page by page."""
    world = forgetful()
    then = world.ask(BASE)
    page = world.ask(f"{BASE}?limit=1")
    world.delete("n", "b")
    world.put("n", "a", note="two")
    version = then.document["metadata"]["resourceVersion"]
    assert world.ask(f"{BASE}?resourceVersion={version}&resourceVersionMatch=Exact").body == then.body
    first = world.ask(f"{BASE}?resourceVersion={version}&resourceVersionMatch=Exact&limit=1")
    assert first.body == page.body
    rest = world.ask(f"{BASE}?limit=1&continue={first.document['metadata']['continue']}").document
    assert [item["metadata"]["name"] for item in rest["items"]] == ["b"]


def test_a_get_and_a_list_at_a_time() -> None:
    """Of one moment; a watch cannot be, nor can a time and a resourceVersion both count."""
    world = forgetful()
    one = world.ask(f"{BASE.replace('/promotion', '/namespaces/n/promotion')}/a").body
    world.delete("n", "a")
    world.clock.advance(60)
    assert world.ask(f"{BASE.replace('/promotion', '/namespaces/n/promotion')}/a?at=-90s").body == one
    assert len(world.ask(f"{BASE}?at=-90s").document["items"]) == 2
    assert len(world.ask(f"{BASE}?at=-30s").document["items"]) == 1
    commit = f"{BASE.rpartition('/')[0]}/commits/{'a' * 40}"
    assert "both name a state" in world.ask(f"{commit}?at=-90s&resourceVersion=5").document["message"]
    for query in ("at=-90s&watch=1", "at=-90s&resourceVersion=5", "at=90s"):
        assert world.ask(f"{BASE}?{query}").code == 400


def test_a_table_tells_ages_as_of_then() -> None:
    """Of a list and of a get, by the moment that is asked for."""
    world = forgetful()
    world.clock.advance(30 * 86_400)
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    for path in (BASE, f"{BASE.replace('/promotion', '/namespaces/n/promotion')}/a"):
        then, now = (world.ask(f"{path}?{query}", table).document for query in ("at=-30d", ""))
        age = [column["name"] for column in now["columnDefinitions"]].index("Age")
        assert (then["rows"][0]["cells"][age], now["rows"][0]["cells"][age]) == ("17d", "47d")


def test_beyond_the_log() -> None:
    """410 with the reason that clients go by, and the earliest moment; a lost token gets a new one, as ever."""
    world = forgetful()
    version = world.ask(BASE).document["metadata"]["resourceVersion"]
    token = world.ask(f"{BASE}?limit=1").document["metadata"]["continue"]
    world.put("n", "a", note="two")
    world.kept.points_at = (world.offset,)
    gone = world.ask(f"{BASE}?resourceVersion={version}&resourceVersionMatch=Exact").document
    assert (gone["code"], gone["reason"]) == (410, "Expired")
    lost = world.ask(f"{BASE}?limit=1&continue={token}").document
    assert (lost["code"], bool(lost["metadata"]["continue"])) == (410, True)
