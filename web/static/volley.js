// Keeps a batch's page up to date; without it everything works by loading the page again.
"use strict";
(() => {
  const batch = document.getElementById("batch");
  if (!batch) return;
  const at = `/batches/${batch.dataset.batch}`;
  const $ = (id) => document.getElementById(id);
  const region = (name) => batch.querySelector(`[data-region="${name}"]`);
  const json = { Accept: "application/json" };
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  // ---- parts of the page that the server rendered
  const shown = {};
  function put(parts) {
    for (const [name, html] of Object.entries(parts || {})) {
      const place = region(name);
      if (!place || shown[name] === html) continue;
      shown[name] = html;
      const typed = place.querySelector("#people-typed")?.value;
      const focused = place.contains(document.activeElement) && document.activeElement;
      place.innerHTML = html;
      if (typed && $("people-typed")) $("people-typed").value = typed;
      if (focused) (focused.id && $(focused.id) || place.querySelector("button, a, input") || $("main")).focus();
    }
    count();
  }

  // ---- the people's rows: changed ones only
  const table = batch.querySelector("table"), rows = $("rows"), states = table?.dataset.states.split(" ").filter(Boolean);
  function put_row(row) {
    let line = rows?.querySelector(`tr[data-id="${row.id}"]`);
    const wanted = !table?.dataset.query && (!states.length || states.includes(row.state));
    if (!line) {
      if (!rows || !wanted || rows.children.length >= 100) return;
      line = $("row").content.firstElementChild.cloneNode(true);
      line.dataset.id = row.id;
      line.querySelector(".name").textContent = row.name || "(no name)";
      rows.append(line);
      $("nobody")?.remove();
    } else line.classList.add("changed");
    const plain = line.querySelector(".plain");
    if (plain) plain.textContent = row.shown;
    line.querySelector(".number .label").textContent = row.label;
    line.querySelector(".mark").className = `mark is-${row.state}`;
    line.querySelector(".shape").textContent = row.shape;
    line.querySelector(".said").textContent = row.words;
  }

  // ---- progress: 2 s after a change, slower without, at most 15 s
  let since = batch.dataset.seq + ".0", etag = "", asked = "", wait = 2000, spoke = 0, timer = 0, dirty = false;
  const asleep = (words) => { $("asleep").textContent = words; $("asleep").hidden = !words; };
  const later = () => { clearTimeout(timer); timer = setTimeout(poll, wait); };
  async function poll() {
    if (document.hidden) return;
    const address = `${at}/progress?since=${encodeURIComponent(since)}`;
    let over = false;
    try {
      const headers = asked === address && etag ? { ...json, "If-None-Match": etag } : json;
      const answer = await fetch(address, { headers, cache: "no-store", signal: AbortSignal.timeout(20000) });
      if (answer.status === 401) return asleep("You are signed out. Sending goes on. Load this page again to sign in.");
      if (answer.status === 404) return asleep("This text isn't shown to you any more. Load this page again.");
      if (answer.status === 304) wait = Math.min(wait * 1.5, 15000);
      else if (answer.ok) over = news(await answer.json(), answer.headers.get("ETag"), address);
      else throw new Error(answer.status);
      asleep("");
    } catch {
      wait = Math.min(wait * 1.5, 15000);
      asleep("No connection to Volley right now; trying again. Sending goes on.");
    }
    if (!over) later();
  }
  function news(said, tag, address) {
    if (said.mood !== batch.dataset.mood) {
      if (!dirty) location.reload();
      else trouble("This text was sent or stopped in another window.", "Copy yours if you need it, then load this page again.");
      return true;
    }
    [asked, etag] = [address, tag];
    const more = said.changed.length >= 200;
    wait = more ? 100 : said.changed.length ? 2000 : Math.min(wait * 1.5, 15000);
    since = said.next_since;
    said.changed.forEach(put_row);
    put(said.html);
    if (Date.now() - spoke > 10000 || said.over) { spoke = Date.now(); $("spoken").textContent = said.spoken; }
    if (said.over && !said.looking && said.phase === "draft" && $("body")?.value) save();
    return !more && (said.phase === "draft" || (said.over && !said.looking));
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden && batch.dataset.over === "no") { wait = 2000; poll(); } });
  if (batch.dataset.over === "no") later();

  // ---- Undo counts down
  let held = 0, until = 0;
  function count() {
    clearInterval(held);
    const undo = $("do-undo");
    if (!undo) return;
    until = Date.now() + 1000 * undo.dataset.left;
    const words = undo.innerHTML;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      undo.innerHTML = left > 0 ? `${words} · <span aria-hidden="true">${left} s</span>` : words;
      if (left <= 0) { clearInterval(held); wait = 1000; later(); }
    };
    held = setInterval(tick, 1000);
    tick();
  }
  count();

  // ---- the draft: saved 300 ms after typing stops
  const form = $("draft"), body = $("body");
  if (!form) return;
  $("check").parentElement.hidden = true;
  let pause = 0, saving = null, person = "", kept = body.value, stuck = false;
  function trouble(title, advice) { $("unsaved").textContent = `${title} ${advice}`; $("unsaved").hidden = !title; }
  async function save() {
    clearTimeout(pause);
    if (saving) { await saving; return save(); }
    if (stuck) return;
    const text = body.value;
    const sent = new URLSearchParams({ revision: form.elements.revision.value, body: text, person });
    saving = fetch(`${at}/draft`, { method: "POST", headers: json, body: sent, keepalive: text.length < 9000 })
      .then(async (answer) => {
        const said = await answer.json();
        stuck = answer.status === 409;
        if (!answer.ok) return trouble(said.title, said.advice);
        form.elements.revision.value = said.revision;
        [kept, dirty] = [text, body.value !== text];
        trouble("", "");
        put(said.html);
      })
      .catch(() => trouble("Not saved: no connection to Volley.", "Your text stays here; it is saved when you type on."))
      .finally(() => { saving = null; });
    return saving;
  }
  body.addEventListener("input", () => { dirty = body.value !== kept; clearTimeout(pause); pause = setTimeout(save, 300); });
  addEventListener("pagehide", () => { if (dirty && !sending) save(); });
  form.ownerDocument.addEventListener("click", (event) => {
    const turn = event.target.closest("[data-person]"), field = event.target.closest("[data-insert]");
    if (turn) { event.preventDefault(); person = turn.dataset.person; save(); }
    if (field) { body.setRangeText(field.dataset.insert, body.selectionStart, body.selectionEnd, "end"); body.focus(); body.dispatchEvent(new Event("input")); }
  });

  // ---- Send: once, and with everything saved before
  let sending = false;
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.id !== "send") return;
    event.preventDefault();
    if (sending || button.getAttribute("aria-disabled") === "true") return;
    sending = true;
    clearTimeout(pause);
    if (saving) await saving;
    button.setAttribute("aria-disabled", "true");
    form.action = button.formAction;
    form.submit();
  });
})();
