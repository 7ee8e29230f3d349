// Gives every tab of this browser what its page asks for over one stream. A position means the same whatever the pages
// are, so when a tab comes the stream is opened again for the pages of all, at the earliest position that one of them
// has; the others have seen some of what then comes, and leave that out.

import { Feed } from "./feed.js";
import { earliest, isAfter } from "./positions.js";

// A tab that was closed says nothing: each says now and then that it is there.
const FORGOTTEN = 45000;

export class Hub {
  #tabs = new Map();
  #feed = null;
  #root;

  constructor(root) { this.#root = root; }

  // tab: {page, position, scope, send}. Its state is the stream's.
  join(key, tab) {
    this.#tabs.set(key, { ...tab, whole: true, heard: Date.now() });
    this.#open();
  }

  leave(key) {
    if (this.#tabs.delete(key) && this.#tabs.size === 0) {
      this.#feed?.close();
      this.#feed = null;
    }
  }

  heard(key) {
    const tab = this.#tabs.get(key);
    if (tab) tab.heard = Date.now();
    for (const [other, { heard }] of this.#tabs) if (Date.now() - heard > FORGOTTEN) this.leave(other);
  }

  check() { this.#feed?.check(); }

  #open() {
    this.#feed?.close();
    const tabs = [...this.#tabs.values()];
    const position = earliest(tabs.map((tab) => tab.position));
    // One of them was in the middle of a snapshot: then there is one for all.
    if (!position) this.#pass({ event: "RESET", id: "", data: {} });
    this.#feed = new Feed({
      root: this.#root,
      pages: [...new Set(tabs.map((tab) => tab.page))].sort(),
      scope: tabs.at(-1).scope,
      position,
      onFrame: (frame) => this.#pass(frame),
      onState: (state) => this.#tell({ state }),
    });
    this.#feed.open();
    this.#tell({ state: this.#feed.state });
  }

  #tell(message) {
    for (const tab of this.#tabs.values()) tab.send(message);
  }

  #pass(frame) {
    for (const tab of this.#tabs.values()) this.#passTo(tab, frame);
  }

  #passTo(tab, frame) {
    if (frame.event === "RESET") { tab.whole = false; tab.position = ""; tab.send({ frame }); return; }
    const known = tab.whole && frame.id && !isAfter(frame.id, tab.position);
    // Frames of rights gained and lost repeat the position before them; they are about state, and harm nobody twice.
    if (known && frame.id !== tab.position) return;
    if (known && frame.event === "MODIFIED") return;
    if (frame.event === "SYNCED") tab.whole = true;
    if (frame.event === "SYNCED" || frame.event === "BOOKMARK") tab.scope = frame.data.scope ?? tab.scope;
    if (tab.whole && frame.id) tab.position = frame.id;
    if (frame.event !== "GOODBYE") tab.send({ frame });
  }
}
