// @ts-check
/** The stage changes when the hall does. Without this script, or while the line is lost, it fetches itself anew. */
import { follow } from "./feed.js";
import { fetched } from "./fresh.js";

const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-stage-of]"));
const SOON = 150, EVERY = 5_000;

/** @param {HTMLElement} stage */
function show(stage) {
  const said = stage.dataset;
  const lost = document.createElement("p");
  let due = 0, heard = true;
  for (const way of ["live", "events", "since"]) {
    const address = new URL(location.href.replace(/\/stage(?=$|\?|#)/, `/${way}`));
    address.searchParams.set("stage", "1");
    said[way === "live" ? "socket" : way] = address.href;
  }
  lost.className = "lost";
  lost.setAttribute("role", "status");
  stage.after(lost);

  /** What the server shows to whoever asks with this address, and nothing else. */
  async function renew() {
    due = 0;
    const page = await fetched(location.href);
    const fresh = page?.querySelector("[data-stage-of]");
    if (!page) { lost.textContent = said.lost || ""; return; }
    if (!(fresh instanceof HTMLElement) || said.was && said.was !== fresh.dataset.state && said.was === "preparing") { location.reload(); return; }
    said.was = fresh.dataset.state;
    for (const part of ["main", ".stage-way"]) {
      const old = document.querySelector(part), now = page.querySelector(part);
      if (old && now && old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
      else if (old && !now) old.remove();
      else if (!old && now) document.body.append(document.adoptNode(now));
    }
    if (heard) lost.textContent = "";
  }
  const soon = () => { if (!due) due = setTimeout(renew, SOON); };

  const feed = follow(stage, {
    event({ t }) { if (t !== "tally" && t !== "waiting") soon(); },
    snapshot: soon,
    state(now) {
      if (now === "stopped" && said.state !== now) document.querySelector("main article")?.remove();
      said.state = now;
      soon();
    },
    taken() {},
    line(live) { heard = live; if (live) lost.textContent = ""; },
  });
  stop(); // the page's own fetching
  setInterval(() => { if (!heard) soon(); }, EVERY);
  feed.begin(0, {});
}

if (place) {
  if (document.readyState === "complete") show(place);
  else addEventListener("load", () => show(place));
}
