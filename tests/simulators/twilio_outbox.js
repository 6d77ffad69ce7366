// Keeps the phones current; without it the page shows the moment it was loaded.
const live = document.getElementById("live");
let tag = "";

async function look() {
  try {
    const answer = await fetch("/phones", { headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.status === 200) {
      tag = answer.headers.get("ETag") || "";
      live.innerHTML = await answer.text();
    }
    live.classList.toggle("away", !answer.ok && answer.status !== 304);
  } catch {
    live.classList.add("away");
  }
  setTimeout(look, document.hidden ? 5000 : 1000);
}

look();
