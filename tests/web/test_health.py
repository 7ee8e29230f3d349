"""Health endpoints' texts and verdicts."""

from __future__ import annotations

from promoter_view.web.health import HealthChecks


def checks(fault=None):
    found = HealthChecks()
    found.add("views", lambda: fault)
    found.add("loop", lambda: None, livez=True, readyz=False)
    found.inform("event-log", lambda: "disk full, 3 events wait")
    return found


def test_all_is_well():
    """Without ?verbose a healthy endpoint says ok."""
    for endpoint in ("livez", "readyz", "healthz"):
        report = checks().report(endpoint)
        assert (report.healthy, report.text) == (True, "ok")


def test_verbose():
    """?verbose shows each check of the endpoint and, for readyz, the informational lines."""
    assert checks().report("readyz", verbose=True).text == (
        "[+]ping ok\n[+]views ok\n[i]event-log: disk full, 3 events wait\nreadyz check passed\n"
    )
    assert checks().report("livez", verbose=True).text == "[+]ping ok\n[+]loop ok\nlivez check passed\n"
    assert checks().report("healthz", verbose=True).text == "[+]ping ok\n[+]loop ok\nhealthz check passed\n"


def test_failing():
    """A failing check fails its endpoint, which then says why; the other endpoint stays."""
    report = checks("not built yet").report("readyz")
    assert not report.healthy
    assert "[-]views failed: not built yet\n" in report.text
    assert report.text.endswith("readyz check failed\n")
    assert checks("not built yet").report("livez").healthy


def test_exclude():
    """An excluded check does not count; one that is not there is warned of."""
    report = checks("not built yet").report("readyz", verbose=True, exclude=["views", "nothing"])
    assert report.healthy
    assert "[+]views excluded: ok\n" in report.text
    assert 'warn: some health checks cannot be excluded: no matches for "nothing"\n' in report.text


def test_single():
    """A check can be asked for alone."""
    assert checks().single("readyz", "views").text == "ok"
    report = checks("not built yet").single("readyz", "views")
    assert (report.healthy, report.text) == (False, "views failed: not built yet\n")
    assert checks().single("livez", "views") is None
