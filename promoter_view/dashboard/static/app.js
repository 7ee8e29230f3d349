// Where a page begins to live: its clock, its theme, its connection, and what its frames are for.

import { startClock } from "./clock.js";
import { connect, ConnectionStatus } from "./connection.js";
import { Entries } from "./entries.js";
import { Fleet } from "./fleet.js";
import { keepFresh, Manifest } from "./refreshed.js";
import { Strategy } from "./strategy.js";
import { startTheme } from "./themes.js";

const KINDS = { fleet: Fleet, stages: Fleet, strategy: Strategy, stage: Strategy, activity: Entries, manifest: Manifest };
const REFRESHED = { program: 5, waiting: 2 };

customElements.define("connection-status", ConnectionStatus);
startTheme();
startClock();

const { page, stream, root, position, scope } = document.body.dataset;
const status = document.querySelector("connection-status");
if (stream) {
  const shown = new KINDS[page]();
  shown.start();
  connect({
    root, page: stream, position, scope,
    onFrame: (frame) => shown.take(frame),
    onState: (state) => status.show(state),
  });
} else if (page in REFRESHED) {
  keepFresh(REFRESHED[page], status);
}
