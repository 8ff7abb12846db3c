"use strict";
// The switch of light and dark.
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const keep = (theme) => { try { localStorage.setItem("homespun-theme", theme); } catch { /* a file may have no storage */ } };
  const kept = () => { try { return localStorage.getItem("homespun-theme"); } catch { return null; } };
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const show_theme = () => $("theme").setAttribute("aria-pressed", String(dark()));
  if (["light", "dark"].includes(kept())) root.dataset.theme = kept();
  $("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    keep(root.dataset.theme);
    show_theme();
  });
  system.addEventListener("change", show_theme);
  show_theme();
})();
