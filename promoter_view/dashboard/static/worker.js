// The worker that the tabs of one browser share: it holds their one stream.

import { Hub } from "./hub.js";

const hub = new Hub(new URL("../../", self.location.href).pathname);

self.addEventListener("connect", ({ ports: [port] }) => {
  const send = (message) => port.postMessage(message);
  port.onmessage = ({ data }) => {
    if (data.join) hub.join(port, { ...data.join, send });
    else if (data.leave) hub.leave(port);
    else if (data.here) hub.heard(port);
    else if (data.check) hub.check();
  };
  port.start();
});
