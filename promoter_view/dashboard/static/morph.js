// Makes one element into another with as few changes as there are differences: focus, open details, scroll and
// selection stay where they are. What the reader has set (open, aria-pressed, hidden, value) is not taken back.

const KEPT = new Set(["open", "aria-pressed", "hidden"]);

export function fromHTML(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

export function morph(old, wanted) {
  if (old.nodeType !== wanted.nodeType || old.nodeName !== wanted.nodeName) {
    old.replaceWith(wanted);
    return wanted;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
    return old;
  }
  // A time that says the same moment keeps its words: the clock has them already.
  if (old.nodeName === "TIME" && old.dateTime === wanted.dateTime) return old;
  morphAttributes(old, wanted);
  morphChildren(old, wanted);
  return old;
}

function morphAttributes(old, wanted) {
  for (const { name, value } of [...wanted.attributes]) {
    if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!KEPT.has(name) && !wanted.hasAttribute(name)) old.removeAttribute(name);
  }
}

function morphChildren(old, wanted) {
  const keyed = new Map();
  for (const child of old.children) if (child.id) keyed.set(child.id, child);
  let place = old.firstChild;
  for (const child of [...wanted.childNodes]) {
    const known = child.id ? keyed.get(child.id) : undefined;
    if (known && known !== place) {
      old.insertBefore(known, place);
      morph(known, child);
    } else if (place && !(child.id && place.id !== child.id)) {
      const next = place.nextSibling;
      morph(place, child);
      place = next;
    } else {
      old.insertBefore(child, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}
