// Makes the pages live and usable from the keyboard. They work without it, but for the link's secret.
"use strict";
(() => {
  const main = () => document.getElementById("main");
  const live = document.getElementById("live");

  // The link's secret stands after `#`, which is sent to nobody; it is exchanged for a cookie and forgotten.
  const secret = location.hash.slice(1);
  if (/^[0-9a-f]{64}$/.test(secret)) {
    history.replaceState(null, "", location.pathname + location.search);
    const form = document.getElementById("login");
    if (form) {
      form.elements.secret.value = secret;
      form.submit();
      return;
    }
  }

  // A page that is live loads itself again when what it shows has changed; what the person is at stays.
  const topics = (main().dataset.live || "").split(" ").filter(Boolean);
  let waiting = false, loading = false, again = false, timer = 0, shown = main().cloneNode(true);
  const soon = () => { clearTimeout(timer); timer = setTimeout(load, 80); };
  const busy = () => {
    const at = document.activeElement;
    return main().querySelector("[data-dirty], dialog[open]") || (at && main().contains(at) && at.matches("input, textarea, select"));
  };
  const load = async () => {
    if (loading) { again = true; return; }
    if (busy()) { waiting = true; return; }
    loading = true;
    waiting = false;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) { location.reload(); return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      if (!fresh || busy()) { waiting = true; return; }
      if (fresh.isEqualNode(shown)) return;
      shown = fresh.cloneNode(true);
      const at = document.activeElement, name = at && at.id, open = [...main().querySelectorAll("details[open][id]")].map(it => it.id);
      const index = rows().indexOf(at);
      main().replaceChildren(...fresh.childNodes);
      open.forEach(id => document.getElementById(id)?.setAttribute("open", ""));
      if (name) document.getElementById(name)?.focus({ preventScroll: true });
      else if (index >= 0) rows()[index]?.focus({ preventScroll: true });
      prepare();
    } catch { /* The server ended; the stream says so. */ } finally {
      loading = false;
      // Something happened while it was loading.
      if (again) { again = false; soon(); }
    }
  };
  // A pane that is not live, such as the doctor's, which tries things, tells of waiting questions all the same.
  const badge = document.getElementById("waiting"), title = document.title;
  if (badge) {
    const events = new EventSource("/events");
    topics.forEach(topic => events.addEventListener(topic, soon));
    events.addEventListener("waiting", event => {
      const count = Number(event.data);
      badge.textContent = count ? String(count) : "";
      badge.title = count ? "questions wait for an answer" : "";
      document.title = count ? `(${count}) ${title}` : title;
    });
    // What happened between the making of the page and the stream, or while it was broken off, has no event.
    events.addEventListener("ready", () => { live.textContent = "live"; live.className = "on"; if (topics.length) soon(); });
    events.onerror = () => { live.textContent = "not connected"; live.className = "off"; };
    document.addEventListener("focusout", () => { if (waiting) soon(); });
  }

  // The keyboard: panes by number, rows by j and k.
  const rows = () => [...main().querySelectorAll("[data-row]")];
  // A yes is possible only when the whole question has been on the screen, and not in the moment in which it came.
  const seen = new Set();
  const watch = new IntersectionObserver(entries => entries.forEach(entry => {
    if (!entry.isIntersecting) return;
    const card = entry.target.closest("section");
    setTimeout(() => { seen.add(card.id); card.querySelector("[data-guard]")?.removeAttribute("disabled"); }, 400);
  }));
  const guard = () => main().querySelectorAll("section.question").forEach(card => {
    if (!seen.has(card.id)) { card.querySelector("[data-guard]").disabled = true; watch.observe(card.querySelector("[data-end]")); }
  });
  const prepare = () => {
    guard();
    rows().forEach(row => { if (!row.hasAttribute("tabindex")) row.tabIndex = -1; });
  };
  const step = by => {
    const all = rows(), at = all.findIndex(row => row === document.activeElement || row.contains(document.activeElement));
    const next = all[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by, 0), all.length - 1)];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  document.addEventListener("keydown", event => {
    const at = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey || at.matches("input, textarea, select")) return;
    const pane = document.querySelector(`header [data-key="${CSS.escape(event.key)}"]`);
    if (pane) { pane.click(); return; }
    if (event.key === "j" || event.key === "k") { step(event.key === "j" ? 1 : -1); event.preventDefault(); }
    if (event.key === "/") { const field = main().querySelector("[data-search]"); if (field) { field.focus(); event.preventDefault(); } }
    if (event.key === "Enter" && at.matches("[data-row]")) { at.querySelector("a[href], button, summary")?.click(); event.preventDefault(); }
  });
  // A form that was begun is not taken away by what comes in meanwhile.
  document.addEventListener("input", event => event.target.closest("form[data-keep]")?.setAttribute("data-dirty", ""));
  prepare();
})();
