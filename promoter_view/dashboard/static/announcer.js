// Tells a screen reader what changed, in one polite sentence at a time: a fleet at work would never let it finish.

const PAUSE = 6000;
const waiting = new Map();
let timer = null;

export function announce(key, words) {
  waiting.set(key, words);
  timer ??= setTimeout(speak, 300);
}

function speak() {
  const said = [...waiting.values()];
  waiting.clear();
  const region = document.getElementById("announcer");
  region.textContent = said.length > 3 ? `${said.length} strategies changed their state.` : said.join(" ");
  timer = setTimeout(() => { timer = null; if (waiting.size) speak(); }, PAUSE);
}
