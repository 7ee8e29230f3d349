// Makes one element into another with as few changes as there are differences: focus, open details, scroll and
// selection stay where they are. What the reader has set (open, aria-pressed) is not taken back.

const KEPT = new Set(["open", "aria-pressed"]);
// Whether these are hidden is the clock's to say.
const TIMED = "timed";

export function fromHTML(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Whether there was any difference. Takes the children of what is wanted.
export function morph(old, wanted) {
  if (old.nodeType !== wanted.nodeType || old.nodeName !== wanted.nodeName) {
    old.replaceWith(wanted);
    return true;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue === wanted.nodeValue) return false;
    old.nodeValue = wanted.nodeValue;
    return true;
  }
  // A time that says the same moment keeps its words: the clock has them already.
  if (old.nodeName === "TIME" && old.dateTime === wanted.dateTime && old.dataset.say === wanted.dataset.say) return false;
  const attributes = morphAttributes(old, wanted);
  return morphChildren(old, wanted) || attributes;
}

function morphAttributes(old, wanted) {
  let touched = false;
  if (old.classList.contains(TIMED) && wanted.classList.contains(TIMED)) wanted.hidden = old.hidden;
  for (const { name, value } of [...wanted.attributes]) {
    if (KEPT.has(name) || old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    touched = true;
  }
  for (const { name } of [...old.attributes]) {
    if (KEPT.has(name) || wanted.hasAttribute(name)) continue;
    old.removeAttribute(name);
    touched = true;
  }
  return touched;
}

function morphChildren(old, wanted) {
  const keyed = new Map();
  for (const child of old.children) if (child.id) keyed.set(child.id, child);
  let touched = false;
  let place = old.firstChild;
  for (const child of [...wanted.childNodes]) {
    const known = child.id ? keyed.get(child.id) : undefined;
    if (known && known !== place) {
      old.insertBefore(known, place);
      morph(known, child);
      touched = true;
    } else if (place && !(child.id && place.id !== child.id)) {
      const next = place.nextSibling;
      touched = morph(place, child) || touched;
      place = next;
    } else {
      old.insertBefore(child, place);
      touched = true;
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
    touched = true;
  }
  return touched;
}
