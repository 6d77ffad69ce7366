"use strict";
// Ticking as in Pipedrive's list: by hand = selectedIds; the box in the head = everybody, minus what is unticked later.
const form = document.querySelector("#people");
const all = document.querySelector("input[name=all]");
const boxes = () => [...document.querySelectorAll("tbody input[name=selectedIds]")];
const listed = () => boxes().filter((box) => !("gone" in box.dataset));

function count() {
  if (!all) return 0;
  return all.checked
    ? Number(all.dataset.total) - listed().filter((box) => !box.checked).length
    : boxes().filter((box) => box.checked).length;
}

function show() {
  if (!all) return;
  const n = count();
  const out = all.checked ? listed().filter((box) => !box.checked).length : 0;
  all.indeterminate = all.checked && out > 0;
  document.querySelector("[data-chosen]").textContent =
    n === 0 ? "" : `${n.toLocaleString("en")} ticked` + (out ? ` – all but ${out}` : "");
  document.querySelectorAll("[data-needs-people]").forEach((one) => { one.disabled = n === 0; });
  document.querySelector("[data-nobody]").hidden = n > 0;
  document.querySelector(".hint").dataset.step = n === 0 ? "1" : "2";
  boxes().forEach((box) => box.closest("tr").classList.toggle("on", box.checked));
}

if (all) {
  form.addEventListener("change", (event) => {
    if (event.target === all) {
      listed().forEach((box) => { box.checked = all.checked; });
      boxes().filter((box) => "gone" in box.dataset).forEach((box) => {
        box.checked = false;
        box.disabled = all.checked; // a list's select-all holds only what is in the list
      });
    }
    // everything unticked one by one ends select-all
    if (all.checked && count() === 0) { all.checked = false; boxes().forEach((box) => { box.disabled = false; }); }
    show();
  });
  form.addEventListener("formdata", (event) => {
    if (!all.checked) return;
    event.formData.delete("selectedIds");
    const out = listed().filter((box) => !box.checked).map((box) => box.value);
    event.formData.set("excludedIds", out.join(","));
  });
  document.addEventListener("click", async (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) return;
    event.preventDefault();
    const answer = await fetch(more.href + "&rows=1");
    const holder = document.createElement("tbody");
    holder.innerHTML = await answer.text();
    more.closest("tr").remove();
    holder.querySelectorAll("input[name=selectedIds]").forEach((box) => { box.checked = all.checked; });
    document.querySelector("tbody").append(...holder.children);
    show();
  });
  window.addEventListener("pageshow", () => { // the browser may have put ticks back
    boxes().filter((box) => "gone" in box.dataset).forEach((box) => { box.disabled = all.checked; });
    show();
  });
}

// A menu closes when it has done its work, on Escape and on a click elsewhere.
const menu = document.querySelector("details.menu");
if (menu) {
  form.addEventListener("submit", () => setTimeout(() => { menu.open = false; }, 0));
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

const user = document.querySelector("select[name=user]");
user.addEventListener("change", () => user.form.submit());
user.form.querySelector("button").hidden = true;

// The developer's choice of signature stays for this tab.
const sign = document.querySelector("[data-remember]");
if (sign) {
  sign.value = sessionStorage.getItem("sign") || "token";
  sign.addEventListener("change", () => sessionStorage.setItem("sign", sign.value));
}
