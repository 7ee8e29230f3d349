// Where a page begins to live: its clock, its theme, its connection, and what its frames are for.

import { startClock } from "./clock.js";
import { connect, ConnectionStatus } from "./connection.js";
import { Entries } from "./entries.js";
import { Fleet } from "./fleet.js";
import { Commit, keepFresh, Manifest } from "./refreshed.js";
import { Stage } from "./stage.js";
import { Strategy } from "./strategy.js";
import { startTheme } from "./themes.js";

// By the name that the page itself gives.
const SCRIPTS = { Fleet, Strategy, Stage, Entries, Manifest, Commit };

customElements.define("connection-status", ConnectionStatus);
startTheme();
startClock();

const { script, refresh, stream, root, position, scope } = document.body.dataset;
const status = document.querySelector("connection-status");
if (stream) {
  const shown = new SCRIPTS[script]();
  shown.start();
  connect({
    root, page: stream, position, scope,
    onFrame: (frame) => shown.take(frame),
    onState: (state) => status.show(state),
  });
} else if (Number(refresh)) {
  keepFresh(Number(refresh), status);
}
