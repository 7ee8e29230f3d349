// The history's matrix: one cell in detail beside it, and keys. Without scripts the cells' links lead to the same.

import { announce } from "./announcer.js";
import { sayTimes } from "./clock.js";
import { addressOf, isElsewhere } from "./filters.js";
import { morph } from "./morph.js";
import { recall, remember } from "./storage.js";

const LEAST = 320, MOST = 760, USUAL = 420, STEP = 20;

export class History {
  #detail; #filters; #opener = null; #opening = false;

  constructor(detail, filters) {
    this.#detail = detail;
    this.#filters = filters;
  }

  start() {
    this.#resize(recall("drawer-width", USUAL));
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    addEventListener("popstate", () => { this.#opening = true; });
    if (this.#drawer) this.#adopt(this.#drawer);
    this.mark();
  }

  // -- one cell in detail: the address names it

  get #drawer() { return document.getElementById("drawer"); }

  #click(event) {
    const link = event.target.closest?.("a");
    if (!link || isElsewhere(event)) return;
    if (link.matches(".open-cell")) this.#open(link);
    else if (link.matches(".drawer-close")) this.#close();
    else if (link.matches("[data-history-clear] a")) this.#clear();
    else return;
    event.preventDefault();
  }

  #open(link) {
    if (!link.closest("#drawer")) this.#opener = link.closest("tr")?.id && link;
    const query = new URLSearchParams(location.search), wanted = new URL(link.href).searchParams;
    for (const name of ["commit", "env"]) query.set(name, wanted.get(name));
    history[this.#drawer ? "replaceState" : "pushState"](null, "", addressOf(query));
    this.#opening = true;
    this.#filters.ask();
  }

  #close() {
    this.#drawer?.remove();
    const query = new URLSearchParams(location.search);
    query.delete("commit");
    query.delete("env");
    history.pushState(null, "", addressOf(query));
    this.mark();
    this.#opener?.focus();
  }

  #clear() {
    const { form } = this.#filters;
    for (const box of form.querySelectorAll(":checked[name=columns]")) box.checked = false;
    form.elements.show.value = "";
    this.#filters.changed(0);
  }

  // What the page of the address says; null for nothing.
  show(found) {
    const opening = this.#opening;
    this.#opening = false;
    if (!new URLSearchParams(location.search).has("commit")) this.#drawer?.remove();
    else if (found) this.#put(found, opening);
    else if (opening) announce("drawer", "There is nothing to show of that commit.");
    this.mark();
  }

  #put(found, opening) {
    const old = this.#drawer;
    if (old) {
      const grip = old.querySelector(".drawer-grip");
      morph(old, found);
      if (grip) old.prepend(grip);
    } else {
      this.#still(() => { this.#detail.after(found); this.#adopt(found); });
    }
    sayTimes(this.#drawer);
    if (opening) this.#drawer.focus({ preventScroll: innerWidth > 1088 });
  }

  // The drawer takes room, and what is beside it moves: the cell that was clicked stays under the pointer, or comes into view.
  #still(change) {
    const cell = this.#opener?.isConnected ? this.#opener : null;
    const before = cell?.getBoundingClientRect().top;
    change();
    if (!cell) return;
    scrollBy({ top: cell.getBoundingClientRect().top - before, behavior: "instant" });
    cell.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  }

  // The cell that is open is marked in the matrix.
  mark() {
    const { commit, env } = this.#drawer?.dataset ?? {};
    for (const link of this.#detail.querySelectorAll(".matrix .open-cell")) {
      const wanted = new URL(link.href).searchParams;
      const open = wanted.get("commit") === commit && wanted.get("env") === env;
      open ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    }
  }

  // -- keys: arrows go from cell to cell, Escape closes

  #key(event) {
    if (event.key === "Escape" && this.#drawer && !event.target.closest?.("input, select")) this.#close();
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const cell = event.target.closest?.("#detail .matrix td");
    if (!cell || !(event.key in steps)) return;
    const [down, right] = steps[event.key];
    const rows = [...this.#detail.querySelectorAll(".matrix tbody tr:not([hidden])")];
    const cells = rows.map((row) => [...row.querySelectorAll("td:not([hidden])")]);
    const row = rows.indexOf(cell.parentElement);
    const next = cells[row + down]?.[cells[row].indexOf(cell) + right];
    if (!next) return;
    event.preventDefault();
    next.querySelector(".open-cell").focus();
  }

  // -- its width

  #adopt(drawer) {
    const grip = Object.assign(document.createElement("div"), { className: "drawer-grip", tabIndex: 0 });
    const said = { role: "separator", "aria-orientation": "vertical", "aria-label": "Width of the detail", "aria-valuemin": LEAST, "aria-valuemax": MOST };
    for (const [name, value] of Object.entries(said)) grip.setAttribute(name, value);
    drawer.prepend(grip);
    this.#resize(recall("drawer-width", USUAL));
    grip.addEventListener("keydown", (event) => this.#gripKey(event));
    grip.addEventListener("pointerdown", (event) => grip.setPointerCapture(event.pointerId));
    grip.addEventListener("pointermove", (event) => {
      if (grip.hasPointerCapture(event.pointerId)) this.#resize(innerWidth - event.clientX);
    });
  }

  #gripKey(event) {
    const now = Number(event.target.getAttribute("aria-valuenow"));
    const wanted = { ArrowLeft: now + STEP, ArrowRight: now - STEP, Home: USUAL }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    this.#resize(wanted);
  }

  #resize(width) {
    const kept = Math.round(Math.min(MOST, Math.max(LEAST, Number(width) || USUAL)));
    document.documentElement.style.setProperty("--drawer", `${kept}px`);
    this.#drawer?.querySelector(".drawer-grip")?.setAttribute("aria-valuenow", kept);
    remember("drawer-width", kept);
  }
}
