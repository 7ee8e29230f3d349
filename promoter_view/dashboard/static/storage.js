// What this browser remembers: the theme and the favourites. Without storage nothing is remembered, and nothing breaks.

export function recall(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`promoter-view-${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`promoter-view-${name}`, JSON.stringify(value));
  } catch {
    // Full, or forbidden: it holds until the page is left.
  }
}
