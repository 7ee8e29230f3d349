// "Tell me when": a notification of this browser for each entry that comes while its page is open and nobody looks at it.

import { recall, remember } from "./storage.js";

const KEPT = "told-pages";
const MOST = 100;

export class Teller {
  #button = document.querySelector("[data-tell]");
  #words = this.#button?.textContent;

  start() {
    if (!this.#button || !("Notification" in globalThis) || !isSecureContext) return;
    this.#button.hidden = false;
    this.#button.addEventListener("click", () => this.#toggle());
    this.#show(Notification.permission === "granted" && recall(KEPT, []).includes(location.pathname));
  }

  // An entry that was not there before, as an element of the page: only its words go on.
  tell(entry) {
    if (!entry || !this.#isOn || (!document.hidden && document.hasFocus())) return;
    const what = [...entry.querySelectorAll(".item")].map((item) => item.textContent.replace(/\s+/g, " ").trim());
    const shown = new Notification(entry.dataset.name, { body: what.join("\n").slice(0, 300), tag: entry.id });
    shown.onclick = () => { focus(); shown.close(); };
  }

  get #isOn() { return this.#button?.getAttribute("aria-pressed") === "true"; }

  async #toggle() {
    const on = !this.#isOn && (await Notification.requestPermission()) === "granted";
    const others = recall(KEPT, []).filter((path) => path !== location.pathname);
    remember(KEPT, on ? [...others.slice(1 - MOST), location.pathname] : others);
    this.#show(on);
  }

  #show(on) {
    this.#button.setAttribute("aria-pressed", on);
    this.#button.textContent = Notification.permission === "denied" ? "This browser blocks notifications" : this.#words;
  }
}
