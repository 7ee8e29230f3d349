"""Modules of the pages by themselves: times, positions, morphing, and what is asked of the server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.dashboard import Visit
from tests.browser.test_fleet import QUIET
from tests.support.dashboard.times import NOW, RELATIVE

pytestmark = pytest.mark.parametrize("dashboard", [QUIET], indirect=True)


def _call(page: Any, module: str, body: str, argument: Any) -> Any:
    """Evaluates ``body`` with the module as ``it`` and the argument as ``given``."""
    return page.evaluate(
        f"""async (given) => {{
            const assets = document.querySelector('script[type=module]').src.replace(/[^/]+$/, '');
            const it = await import(assets + '{module}');
            {body}
        }}""",
        argument,
    )


def test_times_are_said_as_the_server_says_them(visit: Visit) -> None:
    """One table for both."""
    now = NOW.timestamp() * 1000
    body = "return given.map(([then, now]) => it.relative(then, now))"
    said = _call(visit.open(), "clock.js", body, [[now - seconds * 1000, now] for seconds, _ in RELATIVE])
    assert said == [words for _, words in RELATIVE]


def test_positions_are_compared_as_the_integers_that_they_are(visit: Visit) -> None:
    """Beyond 2^53 the last digit still counts."""
    body = """const [one, other] = given;
        return [it.isAfter(other, one), it.isAfter(one, other), it.earliest(given), it.earliest(['', one])]"""
    one, other = "4706152685247397888", "4706152685247397889"
    assert _call(visit.open(), "positions.js", body, [one, other]) == [True, False, one, ""]


def test_morphing_makes_the_wanted_element_and_keeps_what_the_reader_did(visit: Visit) -> None:
    """After it the markup is the wanted one, open details stay open, elements are the same; again, and nothing is."""
    body = """
        const old = it.fromHTML(given[0]);
        const details = old.querySelector('details');
        details.open = true;
        const touched = [it.morph(old, it.fromHTML(given[1])), it.morph(old, it.fromHTML(given[1]))];
        return [old.querySelector('details') === details, details.open, old.textContent, old.className, ...touched]"""
    before = '<ul class="a"><li id="x">1</li><li id="y">2<details><summary>s</summary></details></li></ul>'
    after = '<ul class="b"><li id="y">3<details><summary>t</summary></details></li><li id="z">4</li></ul>'
    assert _call(visit.open(), "morph.js", body, [before, after]) == [True, True, "3t4", "b", True, False]


def test_a_computer_that_slept_while_it_asked_asks_again(visit: Visit) -> None:
    """What the question took then is no measure of the server's work: an answer that never came is soon asked for."""
    body = """
        const now = performance.now.bind(performance), asked = [];
        let slept = 0;
        performance.now = () => now() + slept;
        window.fetch = () => new Promise((_, fail) => asked.push(fail));
        const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
        new it.Filters(() => {}).ask();
        while (asked.length < 1) await wait(20);
        slept = given * 1000;
        asked[0](new TypeError('no network'));
        for (let waited = 0; asked.length < 2 && waited < 10000; waited += 100) await wait(100);
        return asked.length;"""
    assert _call(visit.open("activity"), "filters.js", body, 3600) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_page_that_is_not_to_be_had_now_leaves_what_is_shown(visit: Visit, status: int) -> None:
    """Too many questions at once are no reason to load a page that says so in place of the one that asked."""
    body = """
        const told = '<body data-page="message">';
        window.fetch = () => Promise.resolve(new Response(told, { status: given }));
        return it.readPage(location.href).catch((error) => error.message)"""
    assert _call(visit.open("activity"), "refreshed.js", body, status) == f"HTTP {status}"


def test_a_manifest_that_is_not_to_be_had_now_is_asked_for_again(visit: Visit) -> None:
    """Without another change, too."""
    body = """
        let asked = 0;
        window.fetch = () => { asked += 1; return Promise.reject(new TypeError('no network')); };
        const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
        new it.Manifest().take({ event: 'MODIFIED' });
        for (let waited = 0; asked < 2 && waited < 10000; waited += 100) await wait(100);
        return asked;"""
    assert _call(visit.open("activity"), "refreshed.js", body, None) == 2


def test_what_is_there_from_or_until_a_moment_comes_and_goes_by_itself(visit: Visit) -> None:
    """A badge such as Stalled appears when its moment comes, without a request; lengths and hours are said."""
    body = """const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
        document.body.insertAdjacentHTML('beforeend', `<p id="probe">
            <b class="timed" data-from="${at(1.5)}" hidden>Stalled</b>
            <i class="timed" data-until="${at(1.5)}">likely</i>
            <time datetime="${at(-720)}" data-say="for"></time>
            <time datetime="${at(0)}" data-say="clock"></time></p>`);
        const probe = document.getElementById('probe');
        it.sayTimes(probe);
        return [...probe.children].map((each) => [each.hidden, each.textContent]);"""
    page = visit.open()
    asked = []
    before = _call(page, "clock.js", body, None)
    page.on("request", lambda request: asked.append(request.url))
    assert [hidden for hidden, _ in before[:2]] == [True, False]
    assert before[2][1] == "for 12m"
    assert len(before[3][1]) == 5
    page.wait_for_function("() => !probe.children[0].hidden && probe.children[1].hidden")
    assert asked == []
