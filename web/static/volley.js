// Keeps a batch's page up to date; without it everything works by loading the page again.
"use strict";
(() => {
  const batch = document.getElementById("batch");
  if (!batch) return;
  const at = batch.dataset.at || `/batches/${batch.dataset.batch}`, json = { Accept: "application/json" };
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
      const open = [...place.querySelectorAll("details[open]")].map((one) => one.id), near = focused && focused.closest("details")?.id;
      place.innerHTML = html;
      open.forEach((id) => $(id)?.setAttribute("open", ""));
      if (typed && $("people-typed")) $("people-typed").value = typed;
      if (focused) ((focused.id && $(focused.id)) || $(near)?.firstElementChild || place.querySelector("button, a, input:not([type=hidden])") || $("main")).focus({ preventScroll: true });
    }
    document.title = `${batch.querySelector("h1").textContent} – Volley`;
    count();
  }
  // ---- the rows of people that are shown: changed ones only
  function put_row(row, _, all) {
    const line = $(`person-${row.id}`);
    if (!line) return;
    line.classList.toggle("changed", all.length < 20); // where everything moves, moving says nothing
    line.querySelector(".mark").className = `mark is-${row.state}`;
    const texts = { called: row.name || "(no name)", plain: row.shown, label: row.label, shape: row.shape, said: row.words, advice: row.advice };
    for (const [part, text] of Object.entries(texts)) {
      const place = line.querySelector(`.${part}`);
      if (place.textContent !== text) place.textContent = text; // the same again would be laid out again
    }
  }
  // ---- progress: 2 s after a change (all pages of a text at once), slower without, at most 15 s
  let since = `${batch.dataset.seq}.0`, etag = "", asked = "", again = 0, wait = +batch.dataset.wait || 2000, spoke = 0, speaking = 0, timer = 0, held = 0, saves = 0;
  const asleep = (words) => { $("asleep").textContent = words; $("asleep").hidden = !words; };
  const slower = () => { wait = Math.min(wait * 1.5, 15000); };
  async function poll() {
    if (clearTimeout(timer), document.hidden) return;
    const before = saves, address = `${at}/progress?since=${since}&shown=${$("rows")?.dataset.shown || ""}&${batch.querySelector("[data-back]")?.dataset.back || ""}`;
    try {
      const headers = asked === address && etag ? { ...json, "If-None-Match": etag } : json;
      const answer = await fetch(address, { headers, cache: "no-store", signal: AbortSignal.timeout(20000) });
      if (answer.status === 401 || answer.status === 404) { const said = await answer.json(); return asleep(`${said.title} ${said.advice}`); }
      if (answer.status !== 304 && !answer.ok) throw new Error(answer.status);
      if (saves !== before) return void (timer = setTimeout(poll, 100)); // older than what a save has put here since
      [asked, etag, again] = [address, answer.headers.get("ETag"), +answer.headers.get("Volley-Again-In")];
      if (answer.status === 304) slower();
      else if (news(await answer.json())) return void (batch.dataset.over = "yes");
      asleep("");
    } catch {
      slower();
      asleep("No connection to Volley right now; trying again. Sending goes on.");
    }
    timer = setTimeout(poll, wait === 2000 && again || wait);
  }
  function speak(words) {
    if ($("spoken").textContent === words) return;
    spoke = Date.now();
    $("spoken").textContent = words;
  }
  function news(said) {
    if (said.mood !== batch.dataset.mood) {
      if (!dirty) location.reload();
      else trouble("This text was sent or stopped in another window.", "Copy yours if you need it, then load this page again.");
      return true;
    }
    const more = said.more, over = !more && said.over && !said.looking;
    if (more) wait = 100; else if (said.next_since !== since) wait = 2000; else slower();
    since = said.next_since;
    if (!said.html.rows) said.changed.forEach(put_row);
    put(said.html);
    clearTimeout(speaking), speaking = setTimeout(speak, spoke + 10000 - Date.now(), said.spoken); // the end too: at most every 10 s
    if (said.phase === "draft" && batch.matches("[data-finding]")) batch.removeAttribute("data-finding"), $("body")?.value && counted();
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
  const form = $("draft"), body = $("body"), untouched = () => body.matches("[data-preset]") && body.value === body.defaultValue;
  if (!form) return;
  if (sessionStorage.getItem("undone") === at) asleep("Taken back: nothing was sent. Your text is still here.");
  sessionStorage.removeItem("undone");
  if (document.activeElement === document.body && !location.hash) body.focus({ preventScroll: true });
  let pause = 0, saving = null, kept = body.value, stuck = false;
  function trouble(title, advice) { $("unsaved").textContent = `${title} ${advice}`; $("unsaved").hidden = !title; }
  async function save(choice) {
    while (saving) await saving;
    if (stuck || sending) return;
    clearTimeout(pause);
    const text = body.value, sent = new URLSearchParams(new FormData(form));
    if (choice) sent.set(choice.name, choice.value);
    saving = fetch(`${at}/draft`, { method: "POST", headers: json, body: sent, keepalive: text.length < 9000 }).then(async (answer) => {
      const said = await answer.json();
      stuck = answer.status === 409;
      if (answer.status === 401) return trouble("You are signed out.", "Press Send to sign in again: your text is kept, and nothing is sent.");
      if (!answer.ok) return trouble(said.title, said.advice);
      form.elements.revision.value = said.revision;
      [kept, dirty] = [text, body.value !== text], saves++;
      trouble("", "");
      put(said.html);
    }).catch(() => trouble("Not saved: no connection to Volley.", "Your text stays here; it is saved when you type on."))
      .finally(() => { saving = null; });
    return saving;
  }
  async function counted() { // now that it is known how many they are: few get no opt-out line, unless one wrote above it
    const page = untouched() && await fetch(at, { cache: "no-store" }).then((answer) => answer.text()).catch(() => "");
    const preset = page && new DOMParser().parseFromString(page, "text/html").getElementById("body");
    if (preset && untouched()) body.value = body.defaultValue = preset.defaultValue, body.setSelectionRange(0, 0);
    save();
  }
  body.addEventListener("click", () => untouched() && body.setSelectionRange(0, 0)); // above the line that stands there
  body.addEventListener("input", () => { dirty = body.value !== kept; $("notice")?.remove(); clearTimeout(pause); pause = setTimeout(save, 300); });
  addEventListener("pagehide", () => { if (dirty && !saving) save(); });
  batch.addEventListener("click", (event) => {
    const turn = event.target.closest("[data-person]"), field = event.target.closest("[data-insert]");
    if (turn) { event.preventDefault(); form.elements.person.value = turn.dataset.person; save().then(() => $("preview")?.scrollIntoView({ block: "nearest" })); }
    if (!field) return;
    body.setRangeText(field.dataset.insert, body.selectionStart, body.selectionEnd, "end");
    body.focus(), body.dispatchEvent(new Event("input"));
  });
  batch.addEventListener("keydown", (event) => { // Enter presses the button of its field, not the page's first one
    if (event.key === "Enter" && event.target.dataset.enter) event.preventDefault(), $(event.target.dataset.enter)?.click();
  });
  // ---- Send and every other button: once, and after what is being saved
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (sending === "now") return;
    if (button.closest("#people")) return event.preventDefault(), void save(button);
    event.preventDefault();
    if (sending || button.getAttribute("aria-disabled") === "true") return;
    sending = true;
    button.setAttribute("aria-disabled", "true");
    while (saving) await saving;
    sending = "now", setTimeout(() => form.requestSubmit($(button.id) || button)); // not within its own event
  });
})();
