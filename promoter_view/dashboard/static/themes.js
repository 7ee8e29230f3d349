// The switch between the system's theme, light and dark.

const NAMES = { "": "Auto", light: "Light", dark: "Dark" };
const NEXT = { "": "light", light: "dark", dark: "" };

export function startTheme() {
  const button = document.querySelector("[data-theme-switch]");
  const root = document.documentElement;
  const show = () => {
    const chosen = root.dataset.theme ?? "";
    button.querySelector(".theme-word").textContent = NAMES[chosen];
    button.setAttribute("aria-label", `Theme: ${NAMES[chosen]}. Switch to ${NAMES[NEXT[chosen]]}`);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = NEXT[root.dataset.theme ?? ""];
    if (next) root.dataset.theme = next; else delete root.dataset.theme;
    try {
      next ? localStorage.setItem("promoter-view-theme", next) : localStorage.removeItem("promoter-view-theme");
    } catch {
      // It holds until the page is left.
    }
    show();
  });
  show();
}
