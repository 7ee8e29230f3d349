// One strategy: its whole detail is made anew with its newest change, and only what differs is touched. A frame of a change
// that others have followed already is without it.

import { announce } from "./announcer.js";
import { sayTimes } from "./clock.js";
import { addEntry } from "./entries.js";
import { Filters } from "./filters.js";
import { History } from "./history.js";
import { fromHTML, morph } from "./morph.js";
import { isAfter } from "./positions.js";
import { Teller } from "./teller.js";

export class Strategy {
  #detail = document.getElementById("detail");
  #entries = document.getElementById("entries");
  #filters = new Filters((page) => this.#answered(page));
  #history = new History(this.#detail, this.#filters);
  #teller = new Teller();
  #gone = null;
  #position = "";
  #present = true;
  #noun = this.#detail.dataset.view ? "Stage" : "strategy";

  start() {
    this.#filters.start();
    this.#history.start();
    this.#teller.start();
  }

  take({ event, id, data }) {
    const own = (data.view ?? "") === (this.#detail.dataset.view ?? "") && data.namespace === this.#detail.dataset.namespace && data.name === this.#detail.dataset.name;
    if (event === "RESET") this.#present = false;
    else if (event === "SYNCED") this.#say(this.#present ? "" : `This ${this.#noun} is gone, or you may not see it any more.`);
    else if (!own) return;
    else if (event === "DELETED") this.#went(data.detail);
    else if (data.detail) this.#came(id, data.detail);
    if (own && data.entry) this.#teller.tell(addEntry(this.#entries, data.entry, 40));
  }

  #came(id, html) {
    this.#present = true;
    this.#say("");
    // A frame is of no query: the page of one is asked for again.
    if (location.search) return this.#filters.came();
    this.#position = id;
    this.#show(fromHTML(html));
  }

  #went(html) {
    if (html && !location.search) this.#show(fromHTML(html));
    this.#say(`This ${this.#noun} was deleted. What you see is its last state.`);
  }

  #answered(page) {
    // A frame that was shown meanwhile is of a later state.
    const overtaken = !location.search && isAfter(this.#position, page.querySelector("body").dataset.position);
    if (!overtaken) this.#show(page.querySelector("#detail"));
    this.#history.show(page.querySelector("#drawer"));
    const earlier = document.getElementById("earlier"), asked = page.querySelector("#earlier");
    if (!earlier || !asked) return;
    morph(earlier, asked);
    sayTimes(earlier);
  }

  #show(wanted) {
    if (wanted.dataset.state !== this.#detail.dataset.state) {
      announce("state", `${wanted.dataset.name}: ${wanted.querySelector(".pill").textContent}.`);
    }
    morph(this.#detail, wanted);
    sayTimes(this.#detail);
    this.#history.mark();
  }

  #say(words) {
    this.#gone?.remove();
    this.#gone = null;
    if (!words) return;
    this.#gone = Object.assign(document.createElement("p"), { className: "stale", textContent: words });
    this.#gone.setAttribute("role", "status");
    this.#detail.before(this.#gone);
  }
}
