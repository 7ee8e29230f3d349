// Filters: the form says what is wanted, the address repeats it, and the server's page says what that is.

import { readPage } from "./refreshed.js";

// Milliseconds from a key to the question, and between questions about what came by itself. Those rest as well for many
// times what the last answer took, within a bound: however many pages look on, their questions are a small part of the
// server's work. What took an hour was no work: the computer slept.
const TYPED = 150, CAME = 1000, SPARED = 20, LONGEST = 120000;

export class Filters {
  #take; #timer = null; #asking = null; #behind = false; #wanted = false; #restored = false; #rest = 0;

  // take: is given the page, and whether somebody asked for it.
  constructor(take) { this.#take = take; }

  get form() { return document.querySelector("[data-filters]"); }

  start() {
    const main = document.getElementById("main");
    main.addEventListener("submit", (event) => { if (event.target === this.form) { event.preventDefault(); this.changed(0); } });
    main.addEventListener("input", (event) => { if (this.form?.contains(event.target)) this.changed(); });
    main.addEventListener("click", (event) => this.#chip(event));
    addEventListener("popstate", () => { this.#restored = true; this.ask(); });
    document.addEventListener("visibilitychange", () => this.#catchUp());
    // A browser fills in what was there before it left: the address counts.
    this.form?.reset();
  }

  // The address says at once what the form says; what else is in it stays.
  changed(wait = TYPED) {
    const query = new URLSearchParams(location.search), said = new FormData(this.form);
    for (const { name } of this.form.elements) query.delete(name);
    for (const name of new Set(said.keys())) {
      const words = said.getAll(name).map((word) => word.trim()).filter(Boolean);
      if (words.length) query.set(name, words.join(","));
    }
    history.replaceState(null, "", addressOf(query));
    this.ask(wait);
  }

  // Somebody wants what the address says now: what was asked before counts no more.
  ask(wait = 0) {
    this.#asking?.abort();
    this.#asking = null;
    this.#wanted = true;
    this.#later(wait);
  }

  // Something came by itself: asked once for all that comes meanwhile, and while somebody looks.
  came() {
    this.#behind = true;
    this.#catchUp();
  }

  #catchUp() {
    const idle = !this.#asking && this.#timer === null;
    if (this.#behind && idle && !document.hidden) this.#later(this.#rest - performance.now());
  }

  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), wait);
  }

  async #read() {
    const asking = this.#asking = new AbortController(), began = performance.now();
    const url = new URL(location.href);
    // Of rows the ids are enough: what they show comes with frames.
    url.searchParams.set("rows", "outline");
    this.#timer = null;
    this.#behind = false;
    // Not to be had now: what is shown stays, the connection says that something is wrong, and it is asked again.
    const page = await readPage(url, asking.signal).catch(() => null);
    if (asking !== this.#asking) return;
    this.#asking = null;
    const spared = page ? SPARED * (performance.now() - began) : 0;
    this.#rest = performance.now() + Math.min(LONGEST, Math.max(CAME, spared));
    page ? this.#show(page) : this.#behind = true;
    this.#catchUp();
  }

  #show(page) {
    const wanted = this.#wanted;
    this.#wanted = false;
    this.#take(page, wanted);
    if (this.#restored) this.form?.reset();
    this.#restored = false;
    // Where options come and go the chosen one has another place.
    for (const { options } of this.form?.querySelectorAll("select") ?? []) {
      ([...options].find((option) => option.defaultSelected) ?? options[0]).selected = true;
    }
  }

  // The form's hidden field is the word of one chip, or lists those of many.
  #chip(event) {
    const chip = event.target.closest("[data-filters] .chip");
    if (!chip || isElsewhere(event)) return;
    event.preventDefault();
    const field = this.form.querySelector("[type=hidden]"), word = chip.dataset[field.name];
    const chosen = new Set("many" in field.dataset && word ? field.value.split(",") : []);
    if (!chosen.delete(word)) chosen.add(word);
    field.value = [...chosen].filter(Boolean).join(",");
    this.changed(0);
  }
}

// A click that the reader means for another tab or window.
export function isElsewhere(event) { return event.metaKey || event.ctrlKey || event.shiftKey || event.button; }

export function addressOf(query) { return `${location.pathname}${query.size ? `?${query}` : ""}`; }
