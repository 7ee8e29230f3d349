// Label selectors as kubectl takes them: k, !k, k=v, k==v, k!=v, k in (a,b), k notin (a,b), joined by commas.
// selectors.py decides the same on the server; a test puts both to the same table.

const TERM = /^\s*(?:(!)\s*([^\s=!(),<>]+)|([^\s=!(),<>]+)\s*(?:(=|==|!=)\s*([^\s=!(),<>]*)|\s(in|notin)\s*\(([^()]*)\)|(>|<)\s*([+-]?\d+))?)\s*(?:,|$)/;

// The tests that all have to hold; null where the text is no selector.
export function parseSelector(text) {
  const tests = [];
  let rest = text.trim();
  while (rest) {
    const found = TERM.exec(rest);
    if (!found) return null;
    tests.push(testOf(found));
    rest = rest.slice(found[0].length);
    if (!rest && found[0].endsWith(",")) return null;
  }
  return tests;
}

function testOf([, not, absent, key, operator, value, set, values, comparison, bound]) {
  if (not) return (labels) => !labels.has(absent);
  if (operator === "!=") return (labels) => labels.get(key) !== value;
  if (operator) return (labels) => labels.get(key) === value;
  if (comparison) {
    return (labels) => /^[+-]?\d{1,19}$/.test(labels.get(key) ?? "")
      && (comparison === ">" ? BigInt(labels.get(key)) > BigInt(bound) : BigInt(labels.get(key)) < BigInt(bound));
  }
  if (!set) return (labels) => labels.has(key);
  const wanted = new Set(values.split(",").map((one) => one.trim()));
  return (labels) => wanted.has(labels.get(key)) === (set === "in");
}

export function labelsOf(text) {
  return new Map(text ? text.split(",").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]) : []);
}
