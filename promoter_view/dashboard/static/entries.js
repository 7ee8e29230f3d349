// The activity as it happens: a new entry comes first, and what is beyond the bound goes at the end.

import { sayTimes } from "./clock.js";
import { fromHTML } from "./morph.js";

export function addEntry(list, html, most) {
  const entry = fromHTML(html);
  if (document.getElementById(entry.id)) return;
  sayTimes(entry);
  entry.classList.add("changed");
  list.prepend(entry);
  while (list.children.length > most) list.lastElementChild.remove();
}

export class Entries {
  #list = document.getElementById("entries");

  start() {}

  take({ data }) {
    const { namespace, name, event, older } = this.#list.dataset;
    if (!data.entry || older !== undefined) return;
    const wanted = (!namespace || namespace === data.namespace) && data.name.includes(name)
      && (!event || data.events.split(" ").includes(event));
    if (!wanted) return;
    document.querySelector("main > .empty")?.remove();
    addEntry(this.#list, data.entry, 300);
  }
}
