// Keeps a batch's page up to date; without it everything works by loading the page again.
"use strict";
(() => {
  const batch = document.getElementById("batch");
  if (!batch) return;
  const at = `/batches/${batch.dataset.batch}`, json = { Accept: "application/json" };
  const $ = (id) => document.getElementById(id);
  let dirty = false, sending = false, pressed = null;
  if (location.pathname !== at) history.replaceState(null, "", at); // a refused POST is not sent again by a reload
  $("notice")?.focus();
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("pointerdown", (event) => { pressed = event.target; }), addEventListener("pointerup", () => setTimeout(() => { pressed = null; }));
  // ---- parts of the page, rendered by the server; one that is being clicked is left alone
  const shown = {};
  function put(parts) {
    for (const [name, html] of Object.entries(parts || {})) {
      const place = batch.querySelector(`[data-region="${name}"]`);
      if (!place || shown[name] === html || place.contains(pressed)) continue;
      shown[name] = html;
      const typed = place.querySelector("#people-typed")?.value;
      const focused = place.contains(document.activeElement) && document.activeElement;
      const open = [...place.querySelectorAll("details[open]")].map((one) => one.id);
      place.innerHTML = html;
      open.forEach((id) => $(id)?.setAttribute("open", ""));
      if (typed && $("people-typed")) $("people-typed").value = typed;
      if (focused) ((focused.id && $(focused.id)) || place.querySelector("button, a, input:not([type=hidden])") || $("main")).focus();
    }
    document.title = `${batch.querySelector("h1").textContent} – Volley`;
    count();
  }
  // ---- the people's rows: changed ones only
  const table = batch.querySelector("table"), rows = $("rows"), states = table?.dataset.states.split(" ").filter(Boolean);
  function put_row(row) {
    let line = rows?.querySelector(`tr[data-id="${row.id}"]`);
    line?.classList.add("changed");
    if (!line) {
      if (!rows || rows.children.length >= 100 || table.dataset.query || (states.length && !states.includes(row.state))) return;
      line = rows.appendChild($("row").content.firstElementChild.cloneNode(true));
      line.dataset.id = row.id;
    }
    if (row.link) line.querySelector(".name a")?.setAttribute("href", row.link);
    line.querySelector(".mark").className = `mark is-${row.state}`;
    const texts = { called: row.name || "(no name)", plain: row.shown, label: row.label, shape: row.shape, said: row.words, advice: row.advice };
    for (const [part, text] of Object.entries(texts)) line.querySelector(`.${part}`).textContent = text;
  }
  // ---- progress: 2 s after a change, slower without, at most 15 s
  let since = `${batch.dataset.seq}.0`, etag = "", asked = "", wait = 2000, spoke = 0, timer = 0, held = 0;
  const asleep = (words) => { $("asleep").textContent = words; $("asleep").hidden = !words; };
  const slower = () => { wait = Math.min(wait * 1.5, 15000); };
  async function poll() {
    if (clearTimeout(timer), document.hidden) return;
    const address = `${at}/progress?since=${encodeURIComponent(since)}`;
    try {
      const headers = asked === address && etag ? { ...json, "If-None-Match": etag } : json;
      const answer = await fetch(address, { headers, cache: "no-store", signal: AbortSignal.timeout(20000) });
      if (answer.status === 401) return asleep("You are signed out. Sending goes on. Load this page again to sign in.");
      if (answer.status === 404) return asleep("This text isn't shown to you any more. Load this page again.");
      if (answer.status !== 304 && !answer.ok) throw new Error(answer.status);
      [asked, etag] = [address, answer.headers.get("ETag")];
      if (answer.status === 304) slower();
      else if (news(await answer.json())) return void (batch.dataset.over = "yes");
      asleep("");
    } catch {
      slower();
      asleep("No connection to Volley right now; trying again. Sending goes on.");
    }
    timer = setTimeout(poll, wait);
  }
  function news(said) {
    if (said.mood !== batch.dataset.mood) {
      if (!dirty) location.reload();
      else trouble("This text was sent or stopped in another window.", "Copy yours if you need it, then load this page again.");
      return true;
    }
    const more = said.changed.length >= 200, over = !more && said.over && !said.looking;
    if (more) wait = 100; else if (said.changed.length) wait = 2000; else slower();
    since = said.next_since;
    said.changed.forEach(put_row);
    put(said.html);
    if (over || Date.now() - spoke > 10000) { spoke = Date.now(); $("spoken").textContent = said.spoken; }
    if (over && said.phase === "draft" && $("body")?.value) save();
    return over;
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden && batch.dataset.over === "no") { wait = 2000; poll(); } });
  if (batch.dataset.over === "no") timer = setTimeout(poll, wait);
  // ---- Undo counts down
  function count() {
    clearInterval(held);
    const undo = $("do-undo");
    if (!undo) return;
    undo.words ??= undo.innerHTML;
    undo.until ??= Date.now() + 1000 * undo.dataset.left;
    const tick = () => {
      const left = Math.ceil((undo.until - Date.now()) / 1000);
      undo.innerHTML = left > 0 ? `${undo.words} · <span aria-hidden="true">${left} s</span>` : undo.words;
      if (left <= 0) { clearInterval(held); clearTimeout(timer); timer = setTimeout(poll, wait = 1000); }
    };
    held = setInterval(tick, 500), tick();
  }
  count();
  batch.addEventListener("submit", (event) => { if (event.submitter?.id === "do-undo") sessionStorage.setItem("undone", at); });
  // ---- the draft: saved 300 ms after typing stops
  const form = $("draft"), body = $("body");
  if (!form) return;
  if (sessionStorage.getItem("undone") === at) asleep("Taken back: nothing was sent. Your text is still here.");
  sessionStorage.removeItem("undone");
  if (document.activeElement === document.body && !location.hash) body.focus();
  $("check").parentElement.remove(); // Enter in the number then means Send
  let pause = 0, saving = null, person = "", kept = body.value, stuck = false;
  function trouble(title, advice) { $("unsaved").textContent = `${title} ${advice}`; $("unsaved").hidden = !title; }
  async function save() {
    while (saving) await saving;
    if (stuck || sending) return;
    clearTimeout(pause);
    const text = body.value, sent = new URLSearchParams({ revision: form.elements.revision.value, body: text, person });
    saving = fetch(`${at}/draft`, { method: "POST", headers: json, body: sent, keepalive: text.length < 9000 }).then(async (answer) => {
      const said = await answer.json();
      stuck = answer.status === 409;
      if (answer.status === 401) return trouble("You are signed out.", "Press Send to sign in again: your text is kept, and nothing is sent.");
      if (!answer.ok) return trouble(said.title, said.advice);
      form.elements.revision.value = said.revision;
      [kept, dirty] = [text, body.value !== text];
      trouble("", "");
      put(said.html);
    }).catch(() => trouble("Not saved: no connection to Volley.", "Your text stays here; it is saved when you type on."))
      .finally(() => { saving = null; });
    return saving;
  }
  body.addEventListener("input", () => { dirty = body.value !== kept; $("notice")?.remove(); clearTimeout(pause); pause = setTimeout(save, 300); });
  addEventListener("pagehide", () => { if (dirty && !saving) save(); });
  batch.addEventListener("click", (event) => {
    const turn = event.target.closest("[data-person]"), field = event.target.closest("[data-insert]");
    if (turn) { event.preventDefault(); person = turn.dataset.person; save(); }
    if (!field) return;
    body.setRangeText(field.dataset.insert, body.selectionStart, body.selectionEnd, "end");
    body.focus(), body.dispatchEvent(new Event("input"));
  });
  // ---- Send: once, and with everything saved before
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.id !== "send") return;
    event.preventDefault();
    if (sending || button.getAttribute("aria-disabled") === "true") return;
    sending = true;
    button.setAttribute("aria-disabled", "true");
    while (saving) await saving;
    form.action = button.formAction;
    form.submit();
  });
})();
