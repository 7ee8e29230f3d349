// The search for text as dashboard/search.py does it: with the words that a row carries.

const SHA_LENGTH = 12;
const MOST = 200;

// Each word has to occur. One of seven hexadecimal digits or more may be a sha: rows carry the beginnings of those.
export function readSearch(typed) {
  return typed.slice(0, MOST).toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    if (/^#[0-9]+$/.test(word)) return new RegExp(`${word}(?![0-9])`);
    const plain = word.replace(/^sha256:/, "");
    return /^[0-9a-f]{7,}$/.test(plain) ? plain.slice(0, SHA_LENGTH) : word;
  });
}

export function finds(terms, words) {
  return terms.every((term) => (typeof term === "string" ? words.includes(term) : term.test(words)));
}
