// Before the first paint: the theme that was chosen, and that scripts run here. A plain script, for a module comes later.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  try {
    const chosen = localStorage.getItem("promoter-view-theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // No storage in this browser: the system's theme it is.
  }
})();
