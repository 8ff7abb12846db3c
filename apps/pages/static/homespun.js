/* What the page does without the server: light and dark, Escape, focus, names for screen readers. */
() => {
  const KEY = "homespun.theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const paint = () => {
    const on = (chosen() ?? (dark.matches ? "dark" : "light")) === "dark";
    document.body.classList.toggle("dark", on);
    document.documentElement.style.colorScheme = on ? "dark" : "light";
    frames();
    return on;
  };
  // A report in a frame is shut in, so it's told whether to be light or dark.
  const frames = () => {
    for (const frame of document.querySelectorAll("iframe[data-src]")) {
      const source = `${frame.dataset.src}?theme=${document.body.classList.contains("dark") ? "dark" : "light"}`;
      if (frame.getAttribute("src") !== source) frame.src = source;
    }
  };
  paint();
  dark.addEventListener("change", paint);

  const slim = matchMedia("(max-width: 767px)");
  slim.addEventListener("change", () => homespun.narrow());

  const box = () => document.querySelector("#message textarea");
  const stop = () => document.querySelector("#message .stop-button");

  // The way back to a page leads to what was open there.
  const here = () => location.pathname.replace(/\/+$/, "");
  const remember = () => { try { sessionStorage.setItem("homespun.at" + here(), location.search); } catch { /* private window */ } };
  const paths = () => {
    for (const link of document.querySelectorAll("#pages a:not([aria-current])")) {
      let was = null;
      try { was = sessionStorage.getItem("homespun.at" + new URL(link.href).pathname.replace(/\/+$/, "")); } catch { /* as above */ }
      if (was && !link.search) link.search = was;
    }
  };

  const press = (where) => document.querySelector(where)?.click();
  // Gradio names its icon buttons by what they do.
  const lastOf = (label) => [...document.querySelectorAll(`#chat button[aria-label="${label}"]`)].at(-1);

  window.homespun = {
    picked: "",
    save(file) {
      if (!file?.name) return;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([file.text], { type: file.type }));
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    },
    focus() { setTimeout(() => box()?.focus({ preventScroll: true }), 60); },
    past() {
      const first = box() ?? document.querySelector("#evals :is(button, input, textarea, a, [tabindex='0']):not([disabled])");
      first?.focus();
    },
    asked(name) { return new URL(location.href).searchParams.get(name) ?? ""; },
    address(name, value) {
      const url = new URL(location.href);
      if (value) url.searchParams.set(name, value); else url.searchParams.delete(name);
      if (url.href !== location.href) history.replaceState(null, "", url);
      remember();
    },
    thread() { return homespun.asked("thread"); },
    show(thread) { homespun.address("thread", thread); },
    narrow() {
      // In a narrow window the open side panel covers the chat, so it starts closed, and choosing something or
      // making the window narrow closes it.
      if (slim.matches) document.querySelector("#side.open .toggle-button")?.click();
    },
    toggle() {
      const next = document.body.classList.contains("dark") ? "light" : "dark";
      try { localStorage.setItem(KEY, next); } catch { /* private window: lasts until reload */ }
      paint();
    },
  };

  // What the Copy button takes is the chat's Markdown: without the small print and the page's own marks.
  const clipboard = navigator.clipboard;  // missing where the page comes neither encrypted nor from this machine
  if (clipboard) {
    const write = clipboard.writeText.bind(clipboard);
    clipboard.writeText = (text) =>
      write(text.replace(/\n\n<div class="foot">.*<\/div>$/, "").replaceAll("<\u2060", "<"));
  }

  const typing = () => document.activeElement?.matches("input, textarea, select, [contenteditable=true]");
  const keys = {
    "ctrl+shift+o": () => press("#new"),
    "ctrl+k": () => { document.querySelector("#side:not(.open) .toggle-button")?.click(); document.querySelector("#search :is(input, textarea)")?.focus(); },
    "ctrl+shift+e": () => lastOf("Edit")?.click(),
    "ctrl+shift+r": () => lastOf("Retry")?.click(),
    "/": () => box()?.focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (!box() || event.isComposing) return;
    if (event.key === "Escape" && stop()) { event.preventDefault(); stop().click(); homespun.focus(); return; }
    const held = `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.shiftKey && event.key !== "/" ? "shift+" : ""}`;
    const act = keys[held + event.key.toLowerCase()];
    if (!act || (event.key === "/" && typing())) return;
    event.preventDefault();
    act();
  });

  // The way to another version of a message is a link that Gradio lets stand in the chat.
  document.addEventListener("click", (event) => {
    const way = event.target.closest?.("#chat a.way");
    if (!way) return;
    event.preventDefault();
    homespun.picked = decodeURIComponent(way.hash.replace("#branch-", ""));
    press("#go-branch");
  });

  // Gradio draws its icon buttons without names; they come and go, so names are given as they appear.
  const names = [
    ["#theme", "Change between light and dark"],
    ["#message .submit-button", "Send (Enter)"],
    ["#message .stop-button", "Stop (Escape)"],
    [".sidebar .toggle-button", "Show or hide the side panel"],
  ];
  const name = () => {
    for (const [where, label] of names)
      for (const found of document.querySelectorAll(where))
        if (found.getAttribute("aria-label") !== label) { found.setAttribute("aria-label", label); found.title = label; }
  };
  // What it takes out of the chat's markup is the label; the title stays.
  const ways = () => {
    for (const way of document.querySelectorAll("#chat a.way[title]:not([aria-label])")) way.setAttribute("aria-label", way.title);
  };
  const tidy = () => { ways(); name(); paths(); frames(); };
  new MutationObserver(tidy).observe(document.body, { childList: true, subtree: true });
  tidy();
  homespun.narrow();
  setTimeout(() => document.body.classList.add("ready"), slim.matches ? 400 : 0);
  homespun.focus();
}
