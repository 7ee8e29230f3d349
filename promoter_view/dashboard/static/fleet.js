// The fleet: rows that come, change and go, in the order and through the filters that the page's address says.

import { announce } from "./announcer.js";
import { sayTimes } from "./clock.js";
import { labelsOf, parseSelector } from "./labels.js";
import { fromHTML, morph } from "./morph.js";
import { finds, readSearch } from "./search.js";
import { recall, remember } from "./storage.js";

const ORDERS = {
  state: (one, other) => one.dataset.rank - other.dataset.rank || byPlace(one, other),
  changed: (one, other) => (other.dataset.changed ?? 0) - (one.dataset.changed ?? 0) || byPlace(one, other),
  name: (one, other) => compare(one.dataset.name, other.dataset.name) || byPlace(one, other),
  namespace: (one, other) => byPlace(one, other),
};
const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
const byPlace = (one, other) => compare(one.dataset.namespace, other.dataset.namespace) || compare(one.dataset.name, other.dataset.name);

export class Fleet {
  #list = document.querySelector("[data-rows]");
  #form = document.querySelector(".filters");
  #view = this.#list.dataset.view;
  #kept = this.#view ? `favourites-${this.#view}` : "favourites";
  #favourites = new Set(recall(this.#kept, []));
  #rows = new Map();
  #pending = new Map();
  #frame = 0;
  #fresh = null;
  #filter = null;
  #states = new Set();

  start() {
    for (const row of this.#list.children) this.#adopt(row);
    this.#readAddress();
    this.#listen();
    this.#arrange();
  }

  // -- frames: gathered, and painted together with the next frame of the screen

  take({ event, data }) {
    const key = `${data.namespace}/${data.name}`;
    if (event === "RESET") this.#fresh = new Set();
    else if (event === "SYNCED") this.#dropOthers();
    else if ((data.view ?? "") !== this.#view) return;
    else if (event === "DELETED") this.#put(key, null);
    else if (data.row) { this.#fresh?.add(key); this.#put(key, data.row); }
  }

  #dropOthers() {
    if (!this.#fresh) return;
    for (const key of this.#rows.keys()) if (!this.#fresh.has(key)) this.#put(key, null);
    this.#fresh = null;
  }

  #put(key, html) {
    this.#pending.set(key, html);
    // A hidden tab paints nothing: there a timer does it, so that rows are not gathered for an hour.
    this.#frame ||= document.hidden ? setTimeout(() => this.#paint(), 200) : requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    const changes = [...this.#pending];
    this.#pending.clear();
    for (const [key, html] of changes) html === null ? this.#remove(key) : this.#show(key, html);
    this.#arrange({ still: this.#isPointedAt() });
  }

  // Who is about to click a row must not have another slide under the pointer.
  #isPointedAt() {
    return this.#list.matches(":hover") || this.#list.contains(document.activeElement);
  }

  #remove(key) {
    this.#rows.get(key)?.remove();
    this.#rows.delete(key);
  }

  #show(key, html) {
    const wanted = fromHTML(html);
    let row = this.#rows.get(key);
    if (row) {
      this.#tell(row, wanted);
      row.classList.remove("changed");
      // Much of what changes in a bundle is not in its row: then nothing moves.
      if (!morph(row, wanted)) return;
    } else {
      row = this.#list.appendChild(wanted);
      this.#adopt(row);
    }
    sayTimes(row);
    void row.offsetWidth;
    row.classList.add("changed");
  }

  #tell(row, wanted) {
    if (row.dataset.state === wanted.dataset.state || row.hidden) return;
    announce(row.id, `${wanted.dataset.name}: ${wanted.querySelector(".pill").textContent}.`);
  }

  #adopt(row) {
    this.#rows.set(row.id, row);
    row.querySelector(".star").setAttribute("aria-pressed", this.#favourites.has(row.id));
  }

  // -- filters and order

  #readAddress() {
    const query = new URLSearchParams(location.search);
    // A state that there is not would hide every row; the server has said that it is unknown.
    const known = new Set([...this.#form.querySelectorAll(".chip")].map((chip) => chip.dataset.state).filter(Boolean));
    this.#states = new Set((query.get("state") ?? "").toLowerCase().split(",").filter((state) => known.has(state)));
    const fields = this.#form.elements;
    fields.favourites.checked = query.get("favourites") === "1";
    fields.text.value = query.get("text") ?? "";
    fields.label.value = query.get("label") ?? "";
    fields.sort.value = Object.hasOwn(ORDERS, query.get("sort") ?? "") ? query.get("sort") : "state";
    const namespace = query.get("namespace") ?? "";
    if (namespace && ![...fields.namespace.options].some((option) => option.value === namespace)) {
      fields.namespace.add(new Option(namespace, namespace));
    }
    fields.namespace.value = namespace;
  }

  #listen() {
    this.#form.addEventListener("submit", (event) => { event.preventDefault(); this.#changed(); });
    this.#form.addEventListener("input", () => this.#changed());
    this.#form.addEventListener("click", (event) => this.#chip(event));
    this.#list.addEventListener("click", (event) => this.#star(event));
    this.#list.addEventListener("mouseleave", () => this.#arrange());
    this.#list.addEventListener("focusout", () => this.#arrange());
    addEventListener("popstate", () => { this.#readAddress(); this.#arrange(); });
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  #changed() {
    const fields = this.#form.elements;
    for (const problem of this.#form.querySelectorAll("[data-unknown]")) problem.remove();
    const query = new URLSearchParams();
    const said = {
      text: fields.text.value.trim(), namespace: fields.namespace.value, label: fields.label.value.trim(),
      state: [...this.#states].join(","), sort: fields.sort.value === "state" ? "" : fields.sort.value,
      favourites: fields.favourites.checked ? "1" : "",
    };
    for (const [name, value] of Object.entries(said)) if (value) query.set(name, value);
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    this.#arrange();
  }

  #chip(event) {
    const chip = event.target.closest(".chip");
    if (!chip || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const state = chip.dataset.state;
    if (!state) this.#states.clear();
    else if (!this.#states.delete(state)) this.#states.add(state);
    this.#changed();
  }

  #star(event) {
    const star = event.target.closest(".star");
    if (!star) return;
    const key = star.closest(".row").id;
    if (!this.#favourites.delete(key)) this.#favourites.add(key);
    star.setAttribute("aria-pressed", this.#favourites.has(key));
    remember(this.#kept, [...this.#favourites]);
    this.#arrange();
  }

  #key(event) {
    const typing = event.target.closest?.("input, textarea, select");
    if (event.key === "/" && !typing) { event.preventDefault(); this.#form.elements.text.focus(); }
    if (event.key === "Escape" && event.target === this.#form.elements.text) { event.target.value = ""; this.#changed(); }
  }

  #admits(row) {
    const { text, namespace, labels, favourites } = this.#filter;
    return (!favourites || this.#favourites.has(row.id))
      && (!namespace.size || namespace.has(row.dataset.namespace))
      && (!this.#states.size || this.#states.has(row.dataset.state))
      && finds(text, row.dataset.words)
      && (!labels.length || labels.every((test) => test(labelsOf(row.dataset.labels))));
  }

  #arrange({ still = false } = {}) {
    const fields = this.#form.elements;
    const labels = parseSelector(fields.label.value);
    this.#filter = {
      text: readSearch(fields.text.value),
      namespace: new Set(fields.namespace.value.split(",").filter(Boolean)),
      labels: labels ?? [],
      favourites: fields.favourites.checked,
    };
    this.#complain(labels === null);
    const counts = {};
    let shown = 0;
    for (const row of this.#rows.values()) {
      counts[row.dataset.state] = (counts[row.dataset.state] ?? 0) + 1;
      const admitted = this.#admits(row);
      if (row.hidden === admitted) row.hidden = !admitted;
      shown += admitted;
    }
    if (!still) this.#sort(ORDERS[fields.sort.value] ?? ORDERS.state);
    this.#count(counts, shown);
  }

  // Only rows that stand wrong are moved: the list stays still for whoever reads it.
  #sort(order) {
    const wanted = [...this.#rows.values()].sort(order);
    let place = this.#list.firstElementChild;
    for (const row of wanted) {
      if (row === place) place = place.nextElementSibling;
      else this.#list.insertBefore(row, place);
    }
  }

  #complain(wrong) {
    this.#form.elements.label.setAttribute("aria-invalid", wrong);
    const problem = document.querySelector("[data-label-problem]");
    problem.hidden = !wrong;
    if (wrong) problem.textContent = "Labels: not a selector; try team=payments, tier in (a,b) or !canary";
  }

  #count(counts, shown) {
    const total = this.#rows.size;
    const line = document.querySelector("[data-count]");
    const words = `${shown} of ${total} ${total === 1 ? line.dataset.noun : line.dataset.nouns}`;
    if (line.textContent !== words) line.textContent = words;
    document.querySelector("[data-empty]").hidden = shown > 0;
    for (const chip of this.#form.querySelectorAll(".chip")) {
      const state = chip.dataset.state;
      const count = String(state ? counts[state] ?? 0 : total);
      const number = chip.querySelector("b");
      if (number.textContent !== count) number.textContent = count;
      const chosen = state ? this.#states.has(state) : this.#states.size === 0;
      chosen ? chip.setAttribute("aria-current", "true") : chip.removeAttribute("aria-current");
    }
  }
}
