// The browser of samples. Texts of models and data only ever become text nodes.
(() => {
  const $ = (id) => document.getElementById(id);
  if (!$("data")) return;
  const { samples, records, moved } = JSON.parse($("data").textContent);
  for (const record of records) {
    record.sample = samples[record.s];
    record.first = !record.baseline && !record.sample.first;
    if (record.first) record.sample.first = record;
  }
  const PAGE = 50;
  const LONG = 3000;
  const LONGEST_LINE = 160;
  const state = { page: 0, found: [], current: null };

  // ---- small helpers
  function make(name, className, ...children) {
    const element = document.createElement(name);
    if (className) element.className = className;
    for (const child of children) if (child !== null && child !== undefined) element.append(child);
    return element;
  }
  const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
  // What can't be seen but changes what is seen (controls, directions) is shown by its number.
  function fill(element, text) {
    let from = 0;
    for (const hit of text.matchAll(STEERS)) {
      if (hit.index > from) element.append(text.slice(from, hit.index));
      const code = hit[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
      element.append(make("span", "sign", `U+${code}`));
      from = hit.index + 1;
    }
    if (from < text.length) element.append(text.slice(from));
    return element;
  }
  function block(text, className = "text") {
    const element = make("pre", className);
    element.dir = "auto";
    if (text.length <= LONG) return fill(element, text);
    fill(element, text.slice(0, LONG) + "…");
    const more = make("button", "more", `show all (${text.length.toLocaleString("en")} characters)`);
    more.type = "button";
    more.addEventListener("click", () => {
      element.replaceChildren();
      fill(element, text);
      element.tabIndex = 0;
      element.focus();
      more.remove();
    });
    return make("div", "", element, more);
  }
  const isText = (value) => typeof value === "string";
  const isTurn = (value) => value && typeof value === "object" && !Array.isArray(value) &&
    (isText(value.role) || isText(value.type)) && ["content", "text"].some((key) => key in value);
  const asTurns = (value) => {
    if (!Array.isArray(value) || !value.length) return null;
    if (value.every(isTurn)) return value.map((turn) => [turn.role || turn.type, turn.content ?? turn.text, turn]);
    if (value.every((turn) => Array.isArray(turn) && turn.length === 2 && isText(turn[0]) && isText(turn[1])))
      return value.map(([role, content]) => [role, content, {}]);
    const reply = (turn) => ["assistant", "reply", "answer"].map((key) => turn[key]).find(isText);
    if (value.every((turn) => turn && isText(turn.user) && isText(reply(turn))))
      return value.flatMap((turn) => [["user", turn.user, {}], ["assistant", reply(turn), {}]]);
    return null;
  };
  const ROLES = { human: "user", ai: "assistant" };
  function conversation(turns) {
    const list = make("ol", "said");
    for (const [said, content, whole] of turns) {
      const role = ROLES[said] || said;
      const item = make("li", ["user", "assistant", "tool", "system"].includes(role) ? role : "assistant");
      item.append(make("div", "who", role), isText(content) ? block(content) : render(content));
      if (whole.tool_calls && whole.tool_calls.length) item.append(block(JSON.stringify(whole.tool_calls, null, 1), "text data"));
      list.append(item);
    }
    return list;
  }
  const number = (value) => Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(4)));
  function fields(object, depth = 0) {
    const list = make("dl", "fields");
    for (const [key, value] of Object.entries(object))
      list.append(fill(make("dt", ""), key.replaceAll("_", " ")), make("dd", "", render(value, depth + 1)));
    return list;
  }
  function figures(object) {
    const list = make("dl", "facts");
    for (const [key, value] of Object.entries(object))
      list.append(make("div", "", fill(make("dt"), key.replaceAll("_", " ")), make("dd", "", render(value, 2))));
    return list;
  }
  function render(value, depth = 0) {
    if (value === null || value === undefined) return make("span", "soft", "–");
    if (isText(value)) return value ? block(value) : make("span", "soft", "(empty)");
    if (typeof value === "number") return make("span", "", number(value));
    if (typeof value === "boolean") return make("span", "", value ? "yes" : "no");
    const turns = asTurns(value);
    if (turns) return conversation(turns);
    const entries = Object.entries(value);
    // What stands alone needs no name beside its heading.
    if (!Array.isArray(value) && !depth && entries.length === 1) return render(entries[0][1], 1);
    if (!Array.isArray(value) && depth < 2 && entries.length && entries.length <= 12) return fields(value, depth);
    if (Array.isArray(value) && value.length && value.every(isText)) return block(value.join("\n"));
    return block(JSON.stringify(value, null, 1), "text data");
  }
  const line = (value) => {
    if (typeof value === "number") return number(value);
    const text = isText(value) ? value : value === null || value === undefined ? "" : JSON.stringify(value);
    return text.slice(0, LONGEST_LINE).replace(/\s+/g, " ");
  };
  const label = (value) => line(value).replace(STEERS, "");

  // ---- filters and list
  const controls = ["suite", "system", "show", "tag", "search"].map($);
  const [suite, sys, show, tag, search] = controls;
  function options(select, values) {
    const before = select.value;
    select.replaceChildren(...values.map(([value, text]) => {
      const option = make("option", "", text);
      option.value = value;
      return option;
    }));
    if (values.some(([value]) => value === before)) select.value = before;
  }
  const unique = (values) => [...new Set(values)];
  const here = () => records.filter((record) => !suite.value || record.sample.suite === suite.value);
  function refill() {
    const among = here();
    const names = unique(among.filter((record) => !record.baseline).map((record) => record.system));
    const beside = unique(among.filter((record) => record.baseline).map((record) => record.system));
    options(sys, [
      ["own", names.length === 1 ? label(names[0]) : "measured"],
      ...(names.length > 1 ? names.map((name) => [`o ${name}`, label(name)]) : []),
      ...beside.map((name) => [`b ${name}`, `${label(name)} (baseline)`]),
      ...(beside.length ? [["all", "all"]] : []),
    ]);
    const pairs = unique(among.flatMap((record) => Object.entries(record.sample.tags).map(([name, value]) => JSON.stringify([name, value]))));
    options(tag, [["", "any"], ...pairs.sort().slice(0, 300).map((pair) => {
      const [name, value] = JSON.parse(pair);
      return [pair, `${label(name)}: ${label(value)}`];
    })]);
  }
  for (const one of Object.values(moved)) [one.lost, one.won] = [new Set(one.lost), new Set(one.won)];
  const went = (way, record) => !record.baseline && moved[record.sample.suite]?.[way].has(record.sample.id);
  const marks = {
    all: () => true,
    failed: (record) => record.error || record.wrong,
    wrong: (record) => record.wrong,
    errors: (record) => record.error,
    right: (record) => record.wrong === false,
    lost: (record) => went("lost", record),
    won: (record) => went("won", record),
  };
  const haystack = (record) => record.hay ??= JSON.stringify(
    [record.sample.id, record.sample.input, record.sample.target, record.answer, record.error, record.trace]
  ).toLowerCase();
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean).map((word) => JSON.stringify(word).slice(1, -1));
    const pair = tag.value ? JSON.parse(tag.value) : null;
    state.found = here().filter((record) =>
      (sys.value === "all" || (sys.value === "own" ? !record.baseline : sys.value === `${record.baseline ? "b" : "o"} ${record.system}`)) &&
      marks[show.value](record) &&
      (!pair || record.sample.tags[pair[0]] === pair[1]) &&
      words.every((word) => haystack(record).includes(word)));
    state.page = 0;
    list();
  }
  const SIGNS = { error: ["!", "error"], wrong: ["×", "wrong"], right: ["✓", "right"], plain: ["·", "no verdict"] };
  const verdict = (record) => record.error ? "error" : record.wrong === true ? "wrong" : record.wrong === false ? "right" : "plain";
  function badge(record) {
    const kind = verdict(record);
    const element = make("span", `state ${kind}`, SIGNS[kind][0]);
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", SIGNS[kind][1]);
    element.title = SIGNS[kind][1];
    return element;
  }
  const link = (record) => "#" + [record.sample.suite, record.sample.id, ...(record.first ? [] : [record.system])].map(encodeURIComponent).join("/");
  function list() {
    const pages = Math.max(1, Math.ceil(state.found.length / PAGE));
    state.page = Math.min(Math.max(0, state.page), pages - 1);
    const shown = state.found.slice(state.page * PAGE, (state.page + 1) * PAGE);
    $("list").replaceChildren(...shown.map((record) => {
      const anchor = make("a", "", badge(record), fill(make("span", "id"), line(record.sample.id)),
        fill(make("span", "says"), line(record.error || record.answer) || "(empty)"));
      anchor.href = link(record);
      if (record === state.current) anchor.setAttribute("aria-current", "true");
      return make("li", "", anchor);
    }));
    const total = state.found.length;
    $("found").textContent = total === 1 ? "1 sample" : `${total.toLocaleString("en")} samples`;
    $("page").textContent = pages > 1 ? `${state.page + 1} of ${pages}` : "";
    $("back").disabled = state.page === 0;
    $("next").disabled = state.page >= pages - 1;
    document.querySelector(".pager").hidden = pages === 1;
    if (!total) $("found").textContent = "No sample is like that.";
  }
  function turn(by) {
    state.page += by;
    list();
    $("list").querySelector("a")?.focus();
  }
  $("back").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  suite.addEventListener("change", refill);
  for (const control of controls.slice(0, 4)) control.addEventListener("change", filter);
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  $("list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const next = step && document.activeElement.closest("li")?.[step]?.querySelector("a");
    if (next) { event.preventDefault(); next.focus(); }
  });
  document.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-show]");
    if (!asked) return;
    suite.value = asked.dataset.suite;
    refill();
    [sys.value, show.value, tag.value, search.value] = ["own", asked.dataset.show, "", ""];
    filter();
    if (state.found.length) open(state.found[0], false);
  });

  // ---- one sample
  function section(title, ...children) {
    return make("section", "", make("h4", "", title), ...children);
  }
  const answer_text = (answer) => isText(answer) ? answer : answer && ["text", "answer"].map((key) => answer[key]).find(isText);
  // Positions count code points, JavaScript's strings count half of some.
  const cutter = (text) => {
    const points = /[\ud800-\udbff]/.test(text) ? Array.from(text) : null;
    return (from, to) => points ? points.slice(from, to).join("") : text.slice(from, to);
  };
  function grounded(record, text, support) {
    const passages = record.passages.map((passage, i) => {
      const body = block(passage);
      return { passage, body, box: make("div", "passage", make("div", "who", `passage ${i + 1}`), body) };
    });
    const cut = cutter(text);
    const said = make("p", "text");
    said.dir = "auto";
    const told = make("p", "legend");
    told.setAttribute("role", "status");
    const restore = (one, body) => { one.body.replaceWith(body); one.body = body; };
    const clear = () => {
      said.querySelectorAll("[aria-pressed=true]").forEach((one) => one.setAttribute("aria-pressed", "false"));
      for (const one of passages.filter((one) => one.marked)) {
        restore(one, block(one.passage));
        one.marked = false;
      }
    };
    const spans = (one) => (Array.isArray(one.evidence)
      ? one.evidence.map((span) => Array.isArray(span) ? { passage: span[0], start: span[1], end: span[2] } : span)
      : [{ passage: one.passage, start: one.passage_start, end: one.passage_end }])
      .filter((span) => passages[span.passage] && Number.isInteger(span.start) && Number.isInteger(span.end));
    const findings = (one) => (Array.isArray(one.findings) ? one.findings : [])
      .filter((finding) => finding && isText(finding.kind) && finding.start < finding.end)
      .sort((a, b) => a.start - b.start);
    // A sentence, with the words in it that the passages don't have.
    const spell = (element, one, from) => {
      for (const finding of findings(one)) {
        if (finding.start < from || finding.end > one.end) continue;
        fill(element, cut(from, finding.start));
        const word = fill(make("strong", "odd"), cut(finding.start, finding.end));
        word.title = label(finding.kind);
        element.append(word);
        from = finding.end;
      }
      return fill(element, cut(from, one.end));
    };
    const mark = (one, element) => {
      clear();
      element.setAttribute("aria-pressed", "true");
      const supported = one.verdict === "supported";
      const probability = typeof one.probability === "number" && one.verdict !== "no claim"
        ? `, probability of support ${(one.probability * 100).toFixed(1)} %` : "";
      const kinds = [...new Set(findings(one).map((finding) => label(finding.kind)))].join(", ");
      const kind = kinds ? ` (${kinds})` : "";
      const found = spans(one);
      const where = [...new Set(found.map((span) => span.passage + 1))].join(" and ");
      told.textContent = `${one.verdict}${kind}${probability}` +
        (where ? `${supported ? ": passage " : "; nearest in passage "}${where}` : "");
      for (const place of new Set(found.map((span) => passages[span.passage]))) {
        const piece = cutter(place.passage);
        const body = make("pre", "text");
        body.dir = "auto";
        let at = 0;
        const own = found.filter((span) => passages[span.passage] === place).sort((a, b) => a.start - b.start);
        for (const span of own) {
          if (span.start > at) fill(body, piece(at, span.start));
          body.append(fill(make("mark", supported ? "" : "near"), piece(Math.max(at, span.start), span.end)));
          at = Math.max(at, span.end);
        }
        fill(body, piece(at));
        restore(place, body);
        place.marked = true;
        const first = body.querySelector("mark");
        body.scrollTop = Math.max(0, first.offsetTop - body.offsetTop - body.clientHeight / 2);
      }
    };
    let from = 0;
    for (const one of [...support].sort((a, b) => a.start - b.start)) {
      if (one.start > from) fill(said, cut(from, one.start));
      const known = ["supported", "unsupported"].includes(one.verdict) ? one.verdict : "other";
      const element = spell(make("span", `sentence ${known}`), one, Math.max(from, one.start));
      element.tabIndex = 0;
      element.title = one.verdict;
      element.setAttribute("role", "button");
      element.setAttribute("aria-pressed", "false");
      element.setAttribute("aria-description", one.verdict);
      element.addEventListener("click", () => mark(one, element));
      element.addEventListener("focus", () => mark(one, element));
      said.append(element);
      from = one.end;
    }
    fill(said, cut(from));
    const counted = support.filter((one) => one.verdict === "unsupported").length;
    told.textContent = support.length
      ? `${counted} of ${support.length} sentences unsupported. Choose a sentence to see where it comes from.` : "";
    const answer = support.length ? make("div", "", said, told) : block(text);
    return make("div", "pair", section("answer", answer), section("passages", ...passages.map((one) => one.box)));
  }
  function rest(trace) {
    if (!trace || typeof trace !== "object" || Array.isArray(trace)) return trace;
    const left = Object.fromEntries(Object.entries(trace).filter(([key]) => key !== "support"));
    return Object.keys(left).length ? left : null;
  }
  // Passages that the question came with stand beside the answer already.
  function without(input, passages) {
    if (!input || !passages?.length || JSON.stringify(input.passages) !== JSON.stringify(passages)) return input;
    return Object.fromEntries(Object.entries(input).filter(([key]) => key !== "passages"));
  }
  function draw(record) {
    const { sample } = record;
    const head = make("div", "top", badge(record), fill(make("h3", ""), sample.id));
    const place = state.found.indexOf(record);
    if (place >= 0) {
      const near = make("span", "near");
      for (const [to, text, words] of [[place - 1, "↑", "previous sample"], [place + 1, "↓", "next sample"]]) {
        const button = make("button", "", text);
        button.type = "button";
        button.title = words;
        button.setAttribute("aria-label", words);
        button.disabled = !state.found[to];
        button.addEventListener("click", () => {
          location.hash = link(state.found[to]);
          setTimeout(() => $("detail").querySelector(`[aria-label="${words}"]`)?.focus(), 50);
        });
        near.append(button);
      }
      head.append(near);
    }
    const chips = make("p", "chips");
    for (const other of records.filter((one) => one.s === record.s)) {
      const chip = make("a", "", label(other.system) + (other.baseline ? " (baseline)" : ""));
      chip.href = link(other);
      if (other === record) chip.setAttribute("aria-current", "true");
      chips.append(chip);
    }
    const tags = Object.entries(sample.tags).map(([name, value]) => `${line(name)}: ${line(value)}`);
    const about = [sample.suite.replaceAll("_", " "), ...tags, ...(sample.group ? [`group ${sample.group}`] : [])];
    const parts = [head, chips, fill(make("p", "legend"), about.join(" · "))];
    if (record.error) parts.push(section("error", make("div", "error-text", block(record.error))));
    parts.push(section("input", render(without(sample.input, record.passages))));
    if (sample.target !== null) parts.push(section("target", render(sample.target)));
    const text = answer_text(record.answer);
    const support = Array.isArray(record.trace?.support) ? record.trace.support : [];
    if (record.passages?.length && text !== undefined && text !== null) parts.push(grounded(record, text, support));
    else if ("answer" in record) {
      parts.push(section("answer", render(record.answer)));
      if (record.passages?.length) parts.push(section("passages", ...record.passages.map((passage) => make("div", "passage", block(passage)))));
    }
    const values = Object.entries(record.scores).filter(([name]) => !name.startsWith("usage."));
    if (values.length) parts.push(section("scores", figures(Object.fromEntries(values))));
    const trace = rest(record.trace);
    if (trace) parts.push(section("trace", render(trace)));
    const counted = { ...record.usage, ...record.timing };
    if (Object.keys(counted).length) parts.push(section("usage and timing", figures(counted)));
    $("detail").replaceChildren(...parts);
    $("detail").setAttribute("aria-label", `Sample ${label(sample.id)}`);
  }
  function open(record, focus) {
    state.current = record;
    const place = state.found.indexOf(record);
    if (place >= 0) state.page = Math.floor(place / PAGE);
    draw(record);
    list();
    const [frame, row] = [$("list"), $("list").querySelector("[aria-current]")?.parentElement];
    if (row && (row.offsetTop < frame.scrollTop || row.offsetTop + row.offsetHeight > frame.scrollTop + frame.clientHeight))
      frame.scrollTop = row.offsetTop - frame.clientHeight / 2;
    if (focus) {
      const narrow = window.innerWidth < 761;
      const top = $("detail").getBoundingClientRect().top;
      if (narrow || top < 0 || top > window.innerHeight / 2) $("detail").scrollIntoView({ block: "start" });
      if (narrow) $("detail").focus({ preventScroll: true });
    }
  }

  // ---- deep links: #suite/sample or, for another system's answer, #suite/sample/system
  const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
  function follow() {
    const [first, ...others] = location.hash.slice(1).split("/");
    if (!others.length) return false;
    const name = decode(first);
    const among = records.filter((record) => record.sample.suite === name);
    const [id, by] = [decode(others[0]), others.length > 1 ? decode(others.slice(1).join("/")) : null];
    const whole = decode(others.join("/"));
    const record = among.find((one) => one.sample.id === id && (by === null ? one.first : one.system === by)) ||
      among.find((one) => one.sample.id === whole && one.first);
    if (!record) return false;
    if (!state.found.includes(record) && !state.found.some((one) => one.s === record.s)) {
      suite.value = name;
      refill();
      [show.value, tag.value, search.value] = ["all", "", ""];
      filter();
    }
    open(record, true);
    return true;
  }
  options(suite, [...(unique(samples.map((sample) => sample.suite)).length > 1 ? [["", "all"]] : []),
    ...unique(samples.map((sample) => sample.suite)).map((name) => [name, name.replaceAll("_", " ")])]);
  refill();
  filter();
  window.addEventListener("hashchange", follow);
  if (!follow() && state.found.length) open(state.found[0], false);
})();
