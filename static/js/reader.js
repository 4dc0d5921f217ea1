// @ts-check
/** Captions on a page of their own, line by line as they are written. Without this script the page fetches itself anew. */
import { lines } from "./captions.js";
import { follow } from "./feed.js";

const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-reads]"));

/** @param {HTMLElement} reader */
function read(reader) {
  const said = reader.dataset, lost = document.createElement("p");
  const captions = lines(reader, Number(said.most));
  lost.className = "lost";
  lost.setAttribute("role", "status");
  reader.setAttribute("role", "log");
  reader.after(lost);
  const feed = follow(reader, {
    event({ t, d }) {
      if (t === "caption") captions.put(d);
      else if (t === "state") state(d.st);
    },
    snapshot(channel, { captions: now }) {
      const missed = !Number(said.most) && now?.length && reader.querySelector("[data-line]")
        && !now.some((/** @type {{id: string}} */ line) => document.getElementById(line.id));
      if (missed) location.reload();
      else if (now) captions.all(now);
    },
    state,
    taken() {
      const low = innerHeight + scrollY > document.documentElement.scrollHeight - innerHeight / 2;
      if (!Number(said.most) && low) reader.lastElementChild?.scrollIntoView({ block: "nearest" });
    },
    line(live) { lost.textContent = live ? "" : said.lost || ""; },
    captions: () => [said.reads || ""],
  });

  /** Nothing is typed here: the page itself says how the hall stands. @param {string} now */
  function state(now) {
    if (now === said.state) return;
    said.state = now;
    if (now === "stopped") reader.replaceChildren();
    setTimeout(() => location.reload(), Math.random() * 3_000);
  }
  stop(); // the page's own fetching
  feed.begin(0, {});
}

if (place) {
  if (document.readyState === "complete") read(place);
  else addEventListener("load", () => read(place));
}
