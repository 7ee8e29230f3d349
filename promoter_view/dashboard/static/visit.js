// Since your last visit: how far this browser had seen, and what has happened since then.

import { sayTimes, span } from "./clock.js";
import { recall, remember } from "./storage.js";

// Milliseconds: who comes back sooner has not been away; and how often it is noted that somebody looks.
const AWAY = 600000, NOTED = 60000;

export class LastVisit {
  #place = document.querySelector("[data-visit]");
  #position = document.body.dataset.position;

  // The kept: {seen, before}, each a position and when that was on the clock of this browser.
  start() {
    if (!this.#place) return;
    this.#arrive();
    setInterval(() => this.#note(), NOTED);
    addEventListener("pagehide", () => this.#note());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#note(true) : this.#arrive()));
  }

  saw(id) { if (id) this.#position = id; }

  #arrive() {
    const { seen, before } = recall("visit", {});
    const left = seen && Date.now() - seen.at > AWAY ? seen : before;
    if (left !== before) this.#offer(left);
    else if (left && this.#place.hidden) this.#offer(left);
    this.#keep(left);
  }

  #note(leaving = false) { if (leaving || !document.hidden) this.#keep(recall("visit", {}).before); }

  #keep(before) { remember("visit", { seen: { position: this.#position, at: Date.now() }, before }); }

  // What there is to say the page of the activity says; where it cannot be had there is nothing to offer.
  async #offer({ position, at }) {
    const address = `${this.#place.dataset.activity}?since=${encodeURIComponent(position)}`;
    const answer = await fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = page.querySelector("[data-visit]");
    if (!said?.querySelector("b")) return this.#forget();
    const link = Object.assign(document.createElement("a"), { href: address, textContent: "Show them" });
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Dismiss" });
    close.addEventListener("click", () => this.#forget());
    said.firstChild.textContent = `Since your last visit, ${span((Date.now() - at) / 1000)} ago: `;
    this.#place.replaceChildren(...said.childNodes, " ", link, " ", close);
    this.#place.hidden = false;
    sayTimes(this.#place);
  }

  #forget() {
    this.#place.hidden = true;
    this.#keep(null);
  }
}
