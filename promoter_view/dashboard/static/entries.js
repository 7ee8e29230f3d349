// The activity as it happens: a new entry comes first, and what is beyond the bound goes at the end.

import { sayTimes } from "./clock.js";
import { fromHTML } from "./morph.js";
import { Teller } from "./teller.js";

// The entry, where it was not there yet.
export function addEntry(list, html, most) {
  const entry = fromHTML(html);
  if (document.getElementById(entry.id)) return null;
  sayTimes(entry);
  entry.classList.add("changed");
  list.prepend(entry);
  while (list.children.length > most) list.lastElementChild.remove();
  return entry;
}

export class Entries {
  #list = document.getElementById("entries");
  #teller = new Teller();

  start() { this.#teller.start(); }

  take({ data }) {
    const { namespace, name, event, older } = this.#list.dataset;
    if (!data.entry || older !== undefined) return;
    const wanted = (!namespace || namespace === data.namespace) && data.name.includes(name)
      && (!event || data.events.split(" ").includes(event));
    if (!wanted) return;
    document.querySelector("main > .empty")?.remove();
    this.#teller.tell(addEntry(this.#list, data.entry, 300));
  }
}
