"""The works: each measures one thing, ours and the baseline's, and gives rows of the table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import changes, processes
from benchmarks.changes import Change
from benchmarks.figures import MEGABYTE, rate
from benchmarks.memory import Peak, cpu_seconds, resident_bytes
from benchmarks.report import Row
from benchmarks.world import LIST, WATCH, World, whole

#: Of many streams so many are timed: were all inflated as they come, the client would be what is measured.
_EAGER = 20
#: One work.
Work = Callable[[World], Iterator[Row]]

_INITIAL = f"{WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
_RELISTS = "promoter_view_reflector_relists_total"
_FAN_OUT_TARGETS = {1: ("p50 10, p99 40", ""), 100: ("p99 150", "125"), 300: ("every event", "260 (4x 65)")}


def lists(world: World) -> Iterator[Row]:
    """Whole lists: one client, then many at once, and what that costs in memory."""
    plan, port = world.plan, world.program.port
    with world.baseline() as bare:
        one, other = (world.fetch(at, path, 1, plan.lists) for at, path in ((port, LIST), (bare.port, "/list")))
        yield Row("list, 1 client", "MB/s", _megabytes(one), _megabytes(other), "264 (3x 88)")
        with Peak(world.program.pid) as peak:
            many = world.fetch(port, LIST, plan.concurrent, plan.concurrent)
        other = world.fetch(bare.port, "/list", plan.concurrent, plan.concurrent)
    yield Row(f"list, {plan.concurrent} at once", "MB/s", _megabytes(many), _megabytes(other), "264 (3x 88)")
    yield Row(f"memory added by {plan.concurrent} lists", "%", 100 * peak.growth, None, "20")


def compressed(world: World) -> Iterator[Row]:
    """Lists and watches as gzip: what Go's clients ask for. The baseline is the same without it."""
    plan, port = world.plan, world.program.port
    first = world.fetch(port, LIST, 1, 1, gzip=True)
    ours, plain = (world.fetch(port, LIST, 1, plan.lists, gzip=gzip) for gzip in (True, False))
    yield Row("first list as gzip", "s", first["seconds"], plain["seconds"] / plan.lists)
    yield Row("list as gzip, 1 client", "lists/s", _requests(ours), _requests(plain))
    sizes = (found["bytes"] / found["requests"] / MEGABYTE for found in (ours, plain))
    yield Row("list as gzip: bytes on the wire", "MB", *sizes)
    watchers = plan.watchers[1]
    with changes.of_cluster(world.cluster) as change:
        ours, plain = (watched(world, port, world.from_now(), watchers, change, gzip=gzip) for gzip in (True, False))
    name = f"{watchers} watchers as gzip"
    yield Row(f"{name}: p50", "ms", ours["p50_ms"], plain["p50_ms"])
    yield Row(f"{name}: p99", "ms", ours["p99_ms"], plain["p99_ms"])
    yield Row(f"{name}: bytes on the wire", "MB/s", ours["megabytes"], plain["megabytes"], "0.17x (6x fewer)")


def gets(world: World) -> Iterator[Row]:
    """Single objects over 4 connections."""
    count = world.plan.gets
    with world.baseline() as bare:
        ours = world.fetch(world.program.port, world.single, 4, count)
        other = world.fetch(bare.port, "/get", 4, count)
    yield Row("get one, 4 connections", "/s", _requests(ours), _requests(other), "1,480")
    yield Row("get one, 4 connections, p99", "ms", ours["p99_ms"], other["p99_ms"])


def fan_out(world: World) -> Iterator[Row]:
    """Changes of a member to the watchers' MODIFIED, for several numbers of watchers."""
    for watchers in world.plan.watchers:
        latency, speed = _FAN_OUT_TARGETS.get(watchers, ("", ""))
        with changes.of_cluster(world.cluster) as change:
            ours = watched(world, world.program.port, world.from_now(), watchers, change)
        with world.baseline() as bare, changes.of_baseline(bare.port) as change:
            other = watched(world, bare.port, "/?watch", watchers, change)
        name = f"{watchers} watchers, {world.plan.rate:.0f} changes/s"
        yield Row(f"{name}: p50", "ms", ours["p50_ms"], other["p50_ms"], latency)
        yield Row(f"{name}: p99", "ms", ours["p99_ms"], other["p99_ms"], latency)
        yield Row(f"{name}: bytes", "MB/s", ours["megabytes"], other["megabytes"], speed)
        yield Row(f"{name}: events that came", "%", ours["share"], other["share"], "100")


def watched(
    world: World,
    port: int,
    path: str,
    watchers: int,
    change: Change,
    *,
    slow: int = 0,
    gzip: bool = False,
    eager: int = 1000,
) -> dict[str, Any]:
    """The result of a load on so many watchers, ``slow`` of which read only once it is over.

    ``megabytes`` a second until the last event, ``share`` of the events in per cent.
    """
    plan = world.plan
    with world.watch(port, path, watchers, slow=slow, gzip=gzip, eager=eager) as child:
        child.line(plan.limit_seconds)
        child.say("pause")
        made = changes.steadily(change, plan.rate, plan.seconds)
        child.say("resume")
        child.say(f"finish {made.changes}")
        found = whole(child, plan.limit_seconds)
    seconds = (found["last_ns"] - made.began_ns) / 1e9
    found["megabytes"] = rate(found["bytes"] / MEGABYTE, seconds)
    found["share"] = 100 * found["events"] / (made.changes * watchers)
    return found


def slow_readers(world: World) -> Iterator[Row]:
    """A tenth of the watchers stops reading: what the others notice, and whether the slow ones get everything."""
    watchers = world.plan.watchers[1]
    slow = max(1, watchers // 10)
    with changes.of_cluster(world.cluster) as change:
        without = watched(world, world.program.port, world.from_now(), watchers - slow, change)
        found = watched(world, world.program.port, world.from_now(), watchers, change, slow=slow)
    name = f"{slow} of {watchers} stop reading"
    yield Row(f"{name}: p50 of the others (baseline: none stop)", "ms", found["p50_ms"], without["p50_ms"], "1x")
    yield Row(f"{name}: p99 of the others (baseline: none stop)", "ms", found["p99_ms"], without["p99_ms"], "1x")
    yield Row(f"{name}: events that all got in the end", "%", found["share"], without["share"], "100")


def events(world: World) -> Iterator[Row]:
    """Server-Sent Events: without compression as the yardstick has it, then many pages as browsers ask for them."""
    plan, port = world.plan, world.program.dashboard_port
    some, many = plan.watchers[1], plan.pages
    slow = max(1, many // 10)
    with changes.of_cluster(world.cluster) as change:
        plain = watched(world, port, world.events_from_now(), some, change)
        packed = watched(world, port, world.events_from_now(), some, change, gzip=True)
        before = cpu_seconds(world.program.pid)
        pages = watched(world, port, world.events_from_now(), many, change, slow=slow, gzip=True, eager=_EAGER)
        busy = cpu_seconds(world.program.pid) - before
    yield Row(f"SSE, {some} clients: p50", "ms", plain["p50_ms"], None, "20")
    yield Row(f"SSE, {some} clients: p99", "ms", plain["p99_ms"], None, "100")
    yield Row(f"SSE, {some} clients as gzip: p99 (baseline: plain)", "ms", packed["p99_ms"], plain["p99_ms"])
    yield Row(f"SSE, {some} clients as gzip: bytes (baseline: plain)", "MB/s", packed["megabytes"], plain["megabytes"])
    name = f"SSE, {many} clients as gzip, {slow} of them stop reading"
    yield Row(f"{name}: p50 of the others", "ms", pages["p50_ms"])
    yield Row(f"{name}: p99 of the others", "ms", pages["p99_ms"])
    yield Row(f"{name}: bytes", "MB", pages["bytes"] / MEGABYTE)
    yield Row(f"{name}: the program's processor", "s", busy)
    yield Row(f"{name}: events that all got", "%", pages["share"], None, "100")


def memory(world: World) -> Iterator[Row]:
    """What the program takes idle, with watchers under load, for an idle watcher, and for many initial states."""
    plan, program = world.plan, world.program
    idle = resident_bytes(program.pid)
    yield Row("memory, idle", "MB", idle / MEGABYTE, None, "250")
    with world.baseline() as bare:
        ours = _of_a_watch(world, program.port, program.pid)
        other = _of_a_watch(world, bare.port, bare.pid)
    yield Row(f"memory of an idle watcher ({plan.idle_watchers} of them)", "KB", ours, other, "10 above the baseline")
    watchers = plan.watchers[1]
    with changes.of_cluster(world.cluster) as change, Peak(program.pid) as peak:
        watched(world, program.port, world.from_now(), watchers, change)
    yield Row(f"memory, {watchers} watchers under load", "MB", peak.bytes / MEGABYTE)
    with Peak(program.pid) as peak, world.watch(program.port, _INITIAL, plan.concurrent, initial=True) as child:
        child.line(plan.limit_seconds)
    yield Row(f"memory added by {plan.concurrent} initial states at once", "%", 100 * peak.growth, None, "20")


def restart(world: World) -> Iterator[Row]:
    """``kill -9`` under watch, a start on the same log, and a resume at a resourceVersion from before all changes."""
    plan, program = world.plan, world.program
    before = world.from_now()
    with changes.of_cluster(world.cluster) as change:
        made = changes.steadily(change, plan.rate, plan.seconds)
    program.kill()
    began = time.monotonic()
    program.start()
    program.wait_ready()
    processes.fetch(program.port, LIST)
    yield Row("start with its log to the first whole list", "s", time.monotonic() - began, None, "2")
    relists = [value for name, value in program.metrics().items() if name.startswith(_RELISTS)]
    yield Row("relists after that", "", sum(relists), None, "0")
    began_ns = time.monotonic_ns()
    with world.watch(program.port, before, 1) as child:
        child.line(plan.limit_seconds)
        child.say(f"finish {made.changes}")
        found = whole(child, plan.limit_seconds)
    yield Row("resume at an old resourceVersion: events", "%", 100 * found["events"] / made.changes, None, "100")
    yield Row("resume: all of them after", "ms", (found["last_ns"] - began_ns) / 1e6)


def appends(world: World) -> Iterator[Row]:
    """The event log alone."""
    words = [str(world.folder / "appends"), str(world.plan.appends)]
    with processes.Child([sys.executable, "-m", "benchmarks.appends", *words], world.folder, "appends") as child:
        found = whole(child, world.plan.limit_seconds)
    yield Row("durable appends of 4 KB", "/s", found["ours"], found["bare"], "2,000")


#: In the order in which they run: those that look at memory before those that fill it.
WORKS: tuple[Work, ...] = (memory, lists, compressed, gets, fan_out, slow_readers, events, restart, appends)


def _of_a_watch(world: World, port: int, pid: int) -> float:
    """Kilobytes."""
    before, count = resident_bytes(pid), world.plan.idle_watchers
    with world.watch(port, world.from_now(), count) as child:
        child.line(world.plan.limit_seconds)
        return (resident_bytes(pid) - before) / count / 1000


def _megabytes(result: dict[str, Any]) -> float:
    return rate(result["bytes"] / MEGABYTE, result["seconds"])


def _requests(result: dict[str, Any]) -> float:
    return rate(result["requests"], result["seconds"])
