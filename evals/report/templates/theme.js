"use strict";
// The switch of light and dark; whether the menu has parts beyond its ends.
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const keep = (theme) => { try { localStorage.setItem("homespun-theme", theme); } catch { /* a file may have no storage */ } };
  const kept = () => { try { return localStorage.getItem("homespun-theme"); } catch { return null; } };
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const show_theme = () => {
    const next = dark() ? "light" : "dark";
    $("theme").textContent = `${dark() ? "☀" : "☾"} ${next}`;
    $("theme").setAttribute("aria-label", `Change to ${next}`);
  };
  if (["light", "dark"].includes(kept())) root.dataset.theme = kept();
  $("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    keep(root.dataset.theme);
    show_theme();
  });
  system.addEventListener("change", show_theme);
  show_theme();

  const menu = document.querySelector("nav ul");
  const show_ends = () => {
    menu.parentElement.classList.toggle("less", menu.scrollLeft > 4);
    menu.parentElement.classList.toggle("more", menu.scrollWidth - menu.clientWidth - menu.scrollLeft > 4);
  };
  menu.addEventListener("scroll", show_ends, { passive: true });
  window.addEventListener("resize", show_ends);
  show_ends();
})();
