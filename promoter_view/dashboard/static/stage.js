// One Stage: shown as a strategy is; and its project's pipeline and Freight, which are read again when any Stage of the
// project has changed.

import { Reread } from "./refreshed.js";
import { Strategy } from "./strategy.js";

export class Stage extends Strategy {
  #own = document.getElementById("detail").dataset;
  #project = new Reread("#project");

  take(frame) {
    super.take(frame);
    const { event, data } = frame;
    const isOfProject = data.view === this.#own.view && data.namespace === this.#own.namespace;
    if (event === "RESET" || isOfProject) this.#project.later();
  }
}
