// Says times as people do, and keeps them true. rendering.py says the same on the server.

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const FRESH = 120, SPARED = 50;
const moments = new WeakMap();
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function span(seconds) {
  if (seconds < MINUTE) return `${Math.floor(seconds)}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < 3 * HOUR) {
    const minutes = Math.floor((seconds % HOUR) / MINUTE);
    return `${Math.floor(seconds / HOUR)}h${minutes ? ` ${minutes}m` : ""}`;
  }
  return seconds < 2 * DAY ? `${Math.floor(seconds / HOUR)}h` : `${Math.floor(seconds / DAY)}d`;
}

export function relative(then, now) {
  const elapsed = (now - then) / 1000;
  const length = Math.abs(elapsed);
  if (length < 5) return elapsed < 0 ? "now" : "just now";
  if (length > 14 * DAY) {
    return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(then);
  }
  return elapsed < 0 ? `in ${span(length)}` : `${span(length)} ago`;
}

const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function clock(then, now) {
  return (new Date(then).toDateString() === new Date(now).toDateString() ? hours : days).format(then);
}

// A page of the past says its times as of its moment, and does not move.
const present = () => (document.body.dataset.at ? Date.parse(document.body.dataset.at) : Date.now());

// What a <time> says, by its data-say.
const sayings = { for: (then, now) => `for ${span(Math.max(now - then, 0) / 1000)}`, clock };

function momentOf(element) {
  let known = moments.get(element);
  if (known?.stamp !== element.dateTime) {
    known = { stamp: element.dateTime, then: Date.parse(element.dateTime) };
    moments.set(element, known);
    element.title = exact.format(known.then);
  }
  return known.then;
}

function say(elements, now, youngerThan = Infinity) {
  for (const element of elements) {
    const then = momentOf(element);
    if (Math.abs(now - then) > youngerThan * 1000) continue;
    const words = (sayings[element.dataset.say] ?? relative)(then, now);
    if (element.textContent !== words) element.textContent = words;
  }
}

// What is there from a moment on, or until then.
function show(elements, now) {
  for (const element of elements) {
    const { from, until } = element.dataset;
    let known = moments.get(element);
    if (known?.stamp !== (from ?? until)) moments.set(element, known = { stamp: from ?? until, then: Date.parse(from ?? until) });
    const hidden = from ? known.then > now : known.then <= now;
    if (element.hidden !== hidden) element.hidden = hidden;
  }
}

export function sayTimes(within) {
  const now = present();
  say(within.querySelectorAll("time"), now);
  show(within.querySelectorAll(".timed"), now);
}

// Young times every second, all of them every half minute, and all at once when a tab is looked at again. Where there are
// tens of thousands it takes its time: what it costs is a small part of what the browser has.
export function startClock() {
  let next = 0, timer = null;
  const tick = () => {
    clearTimeout(timer);
    const now = present(), began = performance.now();
    if (!document.hidden) {
      say(document.getElementsByTagName("time"), now, now >= next ? Infinity : FRESH);
      show(document.getElementsByClassName("timed"), now);
      if (now >= next) next = now + 30000;
    }
    timer = setTimeout(tick, Math.max(1000, SPARED * (performance.now() - began)));
  };
  document.addEventListener("visibilitychange", () => { next = 0; tick(); });
  tick();
}
