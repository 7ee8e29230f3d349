// The history's matrix: filters without a reload, and one cell in detail beside it. Without scripts the server does both.

import { announce } from "./announcer.js";
import { sayTimes } from "./clock.js";
import { fromHTML, morph } from "./morph.js";
import { recall, remember } from "./storage.js";

const LEAST = 320, MOST = 760, USUAL = 420, STEP = 20;

export class History {
  #detail; #asked = 0; #opener = null;

  constructor(detail) { this.#detail = detail; }

  start() {
    this.#resize(recall("drawer-width", USUAL));
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#detail.addEventListener("change", (event) => { if (event.target.closest("[data-history]")) this.#changed(); });
    this.#detail.addEventListener("submit", (event) => { event.preventDefault(); this.#changed(); });
    addEventListener("popstate", () => this.#followAddress());
    if (this.#drawer) this.#adopt(this.#drawer);
    this.arrange();
  }

  // After the detail was made anew: what it says is of no filter, and the cell that is open may say something else now.
  refresh() {
    this.arrange();
    if (this.#drawer) this.#load(location.href, { quiet: true });
  }

  // -- filters: the address says which

  get #form() { return this.#detail.querySelector("[data-history]"); }

  #changed() {
    const query = new URLSearchParams(location.search);
    const columns = [...this.#form.querySelectorAll("[name=columns]:checked")].map((box) => box.value).join(",");
    columns ? query.set("columns", columns) : query.delete("columns");
    const order = this.#form.elements.order.value;
    order ? query.set("order", order) : query.delete("order");
    this.#address(query);
    this.arrange();
  }

  #address(query, replace = true) {
    const url = `${location.pathname}${query.size ? `?${query}` : ""}`;
    replace ? history.replaceState(null, "", url) : history.pushState(null, "", url);
  }

  arrange() {
    const form = this.#form;
    if (!form) return;
    const query = new URLSearchParams(location.search);
    const rows = [...this.#detail.querySelectorAll(".matrix tbody tr")];
    const heads = [...this.#detail.querySelectorAll(".matrix thead [data-env]")];
    const names = heads.map((head) => head.dataset.env);
    const asked = (query.get("columns") ?? "").split(",").filter((name) => names.includes(name));
    const columns = new Set(asked.length ? asked : names);
    for (const cell of this.#detail.querySelectorAll(".matrix [data-env]")) cell.hidden = !columns.has(cell.dataset.env);
    const has = (row, kind) => !kind || row.querySelector(`.cell[data-kind="${kind}"]:not([hidden])`) !== null;
    const chips = [...form.querySelectorAll("[data-show]")];
    const chosen = chips.find((chip) => chip.dataset.show === query.get("show")) ?? chips[0];
    for (const chip of chips) {
      chip.querySelector("b").textContent = rows.filter((row) => has(row, chip.dataset.kind)).length;
      chip === chosen ? chip.setAttribute("aria-current", "true") : chip.removeAttribute("aria-current");
    }
    for (const row of rows) row.hidden = !has(row, chosen.dataset.kind);
    this.#sort(rows, query.get("order") === "oldest");
    for (const box of form.querySelectorAll("[name=columns]")) box.checked = asked.includes(box.value);
    form.elements.order.value = query.get("order") === "oldest" ? "oldest" : "";
    this.#say(rows.filter((row) => !row.hidden).length, rows.length, columns.size, names.length);
    form.querySelector("[data-history-clear]").hidden = !asked.length && chosen === chips[0];
    this.#mark();
  }

  #sort(rows, oldestFirst) {
    const sign = oldestFirst ? 1 : -1;
    const wanted = [...rows].sort((one, other) => sign * (one.dataset.time - other.dataset.time));
    if (wanted.some((row, place) => row !== rows[place])) rows[0].parentElement.append(...wanted);
  }

  #say(shown, all, columns, environments) {
    const words = `${shown} of ${all} commits, ${columns} of ${environments} environments`;
    const line = this.#form.querySelector("[data-history-count]");
    if (line.textContent !== words) line.textContent = words;
    this.#detail.querySelector("[data-history-empty]").hidden = shown > 0;
  }

  // -- one cell in detail

  get #drawer() { return document.getElementById("drawer"); }

  #click(event) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    const link = event.target.closest?.("a");
    if (!link) return;
    if (link.matches(".open-cell")) this.#open(event, link);
    else if (link.matches(".drawer-close")) { event.preventDefault(); this.#close(); }
    else if (link.matches("[data-show], [data-history-clear] a")) this.#choose(event, link);
  }

  #choose(event, link) {
    event.preventDefault();
    const query = new URLSearchParams(location.search);
    const kind = link.dataset.kind;
    kind ? query.set("show", link.dataset.show) : query.delete("show");
    if (!link.dataset.show) query.delete("columns");
    this.#address(query);
    this.arrange();
  }

  #open(event, link) {
    event.preventDefault();
    if (!link.closest("#drawer")) this.#opener = link.closest("tr")?.id && link;
    const query = new URLSearchParams(location.search);
    const wanted = new URL(link.href).searchParams;
    for (const name of ["commit", "env"]) query.set(name, wanted.get(name));
    this.#address(query, this.#drawer !== null);
    this.#load(location.href);
  }

  #followAddress() {
    this.arrange();
    if (new URLSearchParams(location.search).has("commit")) this.#load(location.href);
    else this.#drawer?.remove();
  }

  async #load(url, { quiet = false } = {}) {
    const turn = ++this.#asked;
    let found;
    try {
      const answer = await fetch(url, { cache: "no-store", credentials: "same-origin" });
      found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("drawer");
    } catch {
      // Not to be had now: what is shown stays, and the connection says that something is wrong.
      return;
    }
    if (turn !== this.#asked) return;
    this.#show(found && document.importNode(found, true), quiet);
  }

  #show(found, quiet) {
    const old = this.#drawer;
    if (!found) { if (!quiet) announce("drawer", "There is nothing to show of that commit."); return; }
    if (old) {
      const grip = old.querySelector(".drawer-grip");
      morph(old, found);
      if (grip) old.prepend(grip);
    } else {
      this.#still(() => { this.#detail.after(found); this.#adopt(found); });
    }
    sayTimes(this.#drawer);
    this.#mark();
    if (!quiet) this.#drawer.focus({ preventScroll: innerWidth > 1088 });
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

  #close() {
    this.#asked += 1;
    this.#drawer?.remove();
    const query = new URLSearchParams(location.search);
    query.delete("commit");
    query.delete("env");
    this.#address(query, false);
    this.#mark();
    this.#opener?.focus();
  }

  // The cell that is open is marked in the matrix.
  #mark() {
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
    const cell = event.target.closest?.(".matrix td");
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
