// The page's connection: over the worker that all tabs share where the browser has one, else of its own. Tells what it is
// in the bar: live, reconnecting since when, or signed out.

import { span } from "./clock.js";
import { Hub } from "./hub.js";

const STILL_HERE = 15000;

export function connect({ root, page, position, scope, onFrame, onState }) {
  const join = { page, position, scope };
  const take = (message) => {
    if (message.frame) onFrame(message.frame);
    if (message.state) onState(message.state);
  };
  let link = shared(join, take, () => { link = alone(root, join, take); }) ?? alone(root, join, take);
  addEventListener("pagehide", () => link.leave());
  // A page that comes back from the browser's cache joins where it stands: it is rendered anew, for that is simplest.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) link.check(); });
  addEventListener("online", () => link.check());
}

function shared(join, take, broken) {
  if (!("SharedWorker" in globalThis)) return null;
  try {
    const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "promoter-view" });
    const port = worker.port;
    worker.onerror = broken;
    port.onmessage = ({ data }) => take(data);
    port.postMessage({ join });
    setInterval(() => port.postMessage({ here: true }), STILL_HERE);
    return { leave: () => port.postMessage({ leave: true }), check: () => port.postMessage({ check: true }) };
  } catch {
    return null;
  }
}

function alone(root, join, take) {
  const hub = new Hub(root);
  hub.join(take, { ...join, send: take });
  setInterval(() => hub.heard(take), STILL_HERE);
  return { leave: () => hub.leave(take), check: () => hub.check() };
}

export class ConnectionStatus extends HTMLElement {
  #words; #told = { state: "connecting", since: Date.now() };

  connectedCallback() {
    this.#words = this.querySelector(".words") ?? this.appendChild(document.createElement("span"));
    this.#words.className = "words";
    if (document.body.dataset.stream) setInterval(() => this.#say(), 1000);
  }

  show(told) {
    this.#told = told;
    this.dataset.state = told.state;
    this.#say();
  }

  #say() {
    const { state, since } = this.#told;
    const at = new Date(since).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    const words = {
      "connecting": "Connecting",
      "live": "Live",
      "reconnecting": `Reconnecting since ${at} (${span((Date.now() - since) / 1000)})`,
      "forbidden": "You may not look any more",
    };
    if (state === "signed-out") return this.#signedOut(at);
    // The seconds count for the eye only: a screen reader hears the state once.
    if (this.#words.textContent !== words[state]) {
      this.setAttribute("aria-live", this.#words.dataset.state === state ? "off" : "polite");
      this.#words.textContent = words[state];
      this.#words.dataset.state = state;
    }
  }

  #signedOut(at) {
    if (this.#words.dataset.state === "signed-out") return;
    this.#words.dataset.state = "signed-out";
    const link = document.createElement("a");
    link.href = `${document.body.dataset.root}sign-in?target=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = "sign in again";
    this.#words.replaceChildren(`Signed out at ${at}: `, link);
  }
}
