// The fleet: rows that come, change and go. Which of them are shown, and in which order, the server says.

import { announce } from "./announcer.js";
import { sayTimes } from "./clock.js";
import { Filters } from "./filters.js";
import { fromHTML, morph } from "./morph.js";
import { recall, remember } from "./storage.js";
import { LastVisit } from "./visit.js";

export class Fleet {
  #list = document.querySelector("[data-rows]");
  #view = this.#list.dataset.view;
  #kept = this.#view ? `favourites-${this.#view}` : "favourites";
  #favourites = new Set(recall(this.#kept, []));
  #filters = new Filters((page, wanted) => this.#answered(page, wanted));
  #visit = new LastVisit();
  #rows = new Map();
  #groups = new Map();
  #wanted = this.#shownIn(this.#list);
  #pending = new Map();
  #frame = 0;
  #fresh = null;

  start() {
    for (const row of this.#list.querySelectorAll(":scope > .row")) this.#adopt(row);
    this.#filters.start();
    this.#visit.start();
    this.#list.addEventListener("click", (event) => this.#star(event));
    this.#list.addEventListener("mouseleave", () => this.#arrange());
    this.#list.addEventListener("focusout", () => this.#arrange());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#arrange();
  }

  // -- frames: gathered, and painted together with the next frame of the screen

  take({ event, id, data }) {
    this.#visit.saw(id);
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
    const pending = [...this.#pending], same = pending.every(([key, html]) => html !== null && this.#rows.has(key));
    const changed = pending.map(([key, html]) => (html === null ? this.#remove(key) : this.#show(key, html)));
    this.#pending.clear();
    // A row that only looks otherwise now touches no other.
    if (!same) this.#arrange();
    for (const row of changed.filter(Boolean)) {
      // So that what shines already begins anew. Asked of its style alone: thousands are not laid out for it.
      void getComputedStyle(row, "::after").animationName;
      row.classList.add("changed");
    }
  }

  #remove(key) {
    this.#rows.get(key)?.remove();
    if (this.#rows.delete(key)) this.#filters.came();
    return null;
  }

  // The row, where anything of it has changed.
  #show(key, html) {
    const wanted = fromHTML(html);
    let row = this.#rows.get(key);
    wanted.hidden = row ? row.hidden : true;
    if (row) {
      this.#tell(row, wanted);
      row.classList.remove("changed");
      // Much of what changes in a bundle is not in its row: then nothing moves.
      if (!morph(row, wanted)) return null;
    } else {
      row = this.#list.appendChild(wanted);
      this.#adopt(row);
    }
    this.#filters.came();
    sayTimes(row);
    return row;
  }

  #tell(row, wanted) {
    if (row.dataset.state === wanted.dataset.state || row.hidden) return;
    announce(row.id, `${wanted.dataset.name}: ${wanted.querySelector(".pill").textContent}.`);
  }

  #adopt(row) {
    this.#rows.set(row.id, row);
    row.querySelector(".star").setAttribute("aria-pressed", this.#favourites.has(row.id));
  }

  // -- which rows, in which order

  // Ids of rows, and the headings of groups among them. A heading that is there already stays the same element.
  #shownIn(list) {
    const before = this.#groups, shown = [...list.children].filter((row) => !row.hidden);
    this.#groups = new Map();
    return shown.map((row) => (row.matches(".group") ? this.#heading(row, before.get(row.dataset.group)) : row.id));
  }

  #heading(wanted, old) {
    if (old) morph(old, wanted);
    this.#groups.set(wanted.dataset.group, old ?? wanted);
    return old ?? wanted;
  }

  #answered(page, wanted) {
    for (const part of ["[data-count]", "[data-filters]", "[data-empty]"]) {
      morph(document.querySelector(part), page.querySelector(part));
    }
    const list = page.querySelector("[data-rows]");
    this.#list.className = list.className;
    this.#wanted = this.#shownIn(list);
    this.#arrange(wanted ? { moved: true } : {});
    if (wanted) announce("rows", `${document.querySelector("[data-count]").textContent}.`);
  }

  // Who is about to click a row must not have another slide under the pointer, unless he asked for it.
  #arrange({ moved = !this.#list.matches(":hover") && !this.#list.contains(document.activeElement) } = {}) {
    const only = this.#filters.form.elements.favourites.checked;
    const admits = (id) => this.#rows.has(id) && (!only || this.#favourites.has(id));
    const wanted = this.#wanted.filter((each) => each.nodeType || admits(each));
    const shown = new Set(wanted.filter((each) => !each.nodeType));
    for (const [id, row] of this.#rows) if (row.hidden === shown.has(id)) row.hidden = !row.hidden;
    // A heading stands before a row, or not at all.
    if (moved) this.#sort(wanted.filter((each, at) => !each.nodeType || typeof wanted[at + 1] === "string"));
    const line = document.querySelector("[data-count]"), words = line.textContent.replace(/^\d+/, shown.size);
    if (line.textContent !== words) line.textContent = words;
    document.querySelector("[data-empty]").hidden = shown.size > 0;
    this.#list.hidden = !shown.size;
  }

  // Only rows that stand wrong are moved: the list stays still for whoever reads it.
  #sort(ids) {
    const wanted = ids.map((each) => this.#rows.get(each) ?? each), headings = new Set(wanted);
    for (const heading of this.#list.querySelectorAll(":scope > .group")) if (!headings.has(heading)) heading.remove();
    const next = (row) => { while (row?.hidden) row = row.nextElementSibling; return row; };
    let place = next(this.#list.firstElementChild);
    for (const row of wanted) {
      if (row === place) place = next(place.nextElementSibling);
      else this.#list.insertBefore(row, place);
    }
  }

  // -- what the reader does

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
    const { text } = this.#filters.form.elements;
    if (event.key === "/" && !event.target.closest?.("input, textarea, select")) { event.preventDefault(); text.focus(); }
    if (event.key === "Escape" && event.target === text) { text.value = ""; this.#filters.changed(0); }
  }
}
