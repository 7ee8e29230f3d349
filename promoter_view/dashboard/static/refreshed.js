// Pages that are read again as a whole, and of which only what differs is touched: program, manifest, waiting.

import { sayTimes } from "./clock.js";
import { morph } from "./morph.js";

export async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (answer.redirected) { location.reload(); return; }
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (found.body.dataset.page !== document.body.dataset.page) { location.reload(); return; }
  morph(document.getElementById("main"), document.adoptNode(found.getElementById("main")));
  sayTimes(document.getElementById("main"));
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

export class Manifest {
  #timer = null;

  start() {}

  take({ event }) {
    if (!["ADDED", "MODIFIED", "DELETED"].includes(event) || this.#timer) return;
    this.#timer = setTimeout(() => { this.#timer = null; refresh().catch(() => {}); }, 1000);
  }
}
