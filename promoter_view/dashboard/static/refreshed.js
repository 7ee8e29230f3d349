// Pages that are read again as a whole, and of which only what differs is touched: program, manifest, waiting.

import { sayTimes } from "./clock.js";
import { morph } from "./morph.js";

// The page as that address has it now. Where another stands there, that one is loaded. Fails where there is no answer.
export async function readPage(url, signal) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, cache: "no-store", credentials: "same-origin", signal });
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.redirected && found.body.dataset.page === document.body.dataset.page) return document.adoptNode(found.documentElement);
  // Too many ask at once, or nobody answers: what is shown is better than a page that says so.
  if (!answer.redirected && (answer.status === 429 || answer.status >= 500)) throw new Error(`HTTP ${answer.status}`);
  location.reload();
  throw new Error("another page");
}

export async function refresh(selector = "#main") {
  const part = document.querySelector(selector);
  morph(part, (await readPage(location.href)).querySelector(selector));
  sayTimes(part);
}

// Asks every few seconds while somebody looks; says honestly when there is no answer.
export function keepFresh(seconds, status) {
  let since = null;
  const ask = async () => {
    if (document.hidden) return;
    try {
      await refresh();
      since = null;
      status.show({ state: "live", since: Date.now() });
    } catch {
      since ??= Date.now();
      status.show({ state: "reconnecting", since });
    }
  };
  setInterval(ask, seconds * 1000);
  document.addEventListener("visibilitychange", ask);
  status.show({ state: "live", since: Date.now() });
}

// Read again when something has come, a second later: the page, or a part of it.
export class Reread {
  #timer = null;
  #part;

  constructor(part) { this.#part = part; }

  start() {}

  // What is not to be had now is asked for again.
  later() {
    this.#timer ??= setTimeout(() => { this.#timer = null; refresh(this.#part).catch(() => this.later()); }, 1000);
  }
}

export class Manifest extends Reread {
  take({ event }) { if (["ADDED", "MODIFIED", "DELETED"].includes(event)) this.later(); }
}

// The page of a commit: frames say for which shas they are news.
export class Commit extends Reread {
  #sha = document.body.dataset.stream.split("/").at(-1);

  take({ event, data }) { if (event === "RESET" || data.commits?.includes(this.#sha)) this.later(); }
}
