// One stream of the program: an EventSource that is opened again by us when the browser has given up. Runs in a page or
// in the worker that all tabs share. A frame goes on as {event, id, data}; what the connection is, as {state, since}.

const EVENTS = ["ADDED", "MODIFIED", "DELETED", "SYNCED", "BOOKMARK", "RESET", "GOODBYE"];
const FIRST_WAIT = 1000, LONGEST_WAIT = 30000;
// The server writes at least every 10 s, BOOKMARK about every 30 s: silence for that long is a dead connection.
const SILENCE = 75000;

export class Feed {
  #root; #pages; #scope; #position; #onFrame; #onState;
  #source = null; #timer = null; #watchdog = null; #attempts = 0; #state = "connecting"; #since = Date.now();

  constructor({ root, pages, scope, position, onFrame, onState }) {
    this.#root = root;
    this.#pages = pages;
    this.#scope = scope;
    this.#position = position;
    this.#onFrame = onFrame;
    this.#onState = onState;
  }

  get position() { return this.#position; }
  get scope() { return this.#scope; }
  get state() { return { state: this.#state, since: this.#since }; }

  open() {
    this.close();
    const query = new URLSearchParams(this.#pages.map((page) => ["page", page]));
    if (this.#position) query.set("lastEventId", this.#position);
    if (this.#scope) query.set("scope", this.#scope);
    const source = new EventSource(`${this.#root}pages/stream?${query}`);
    this.#source = source;
    source.onopen = () => { this.#attempts = 0; this.#become("live"); this.#watch(); };
    source.onerror = () => this.#failed(source);
    for (const event of EVENTS) source.addEventListener(event, (frame) => this.#take(event, frame));
  }

  close() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
  }

  // After a sleep the timers are late and the connection may be dead without anybody having said so.
  check() {
    if (this.#source?.readyState === EventSource.CLOSED || this.#state === "reconnecting") this.#reopen(0);
  }

  #take(event, frame) {
    this.#watch();
    // A right gained or lost comes without an id: the browser then repeats the last one, which is no news.
    const data = JSON.parse(frame.data);
    if (event === "SYNCED" || event === "BOOKMARK") this.#scope = data.scope ?? this.#scope;
    if (event === "RESET") this.#position = "";
    else if (frame.lastEventId && frame.lastEventId !== "0" && event !== "GOODBYE") this.#position = frame.lastEventId;
    this.#onFrame({ event, id: this.#position, data });
  }

  #failed(source) {
    if (source !== this.#source) return;
    this.#become("reconnecting");
    if (source.readyState === EventSource.CLOSED) this.#reopen();
  }

  #reopen(wait = this.#backOff()) {
    this.close();
    this.#become("reconnecting");
    this.#timer = setTimeout(() => this.#ask(), wait);
  }

  // The browser tells no status of a stream that failed: ask for it, and stop where asking on is no use.
  async #ask() {
    let status = 0;
    try {
      status = (await fetch(`${this.#root}session`, { cache: "no-store", credentials: "same-origin", redirect: "manual" })).status;
    } catch {
      // No answer at all: as any other that is not 200.
    }
    if (status === 401) this.#become("signed-out");
    else if (status === 403) this.#become("forbidden");
    else if (status === 200) this.open();
    else this.#reopen();
  }

  #backOff() {
    const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempts++);
    return ceiling * (0.5 + Math.random() / 2);
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#reopen(), SILENCE);
  }

  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#since = Date.now();
    this.#onState(this.state);
  }
}
