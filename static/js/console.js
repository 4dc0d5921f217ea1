// @ts-check
/**
 * The console of the team, live. It hears only that something happened; each page then fetches what its own reader may
 * see. What is being typed stays as it is, and nothing moves while a hand moves.
 */
import { follow } from "./feed.js";
import { fetched, renewAll } from "./fresh.js";

const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-console]"));
const SOON = 400, AT_MOST_EVERY = 2_000, COUNTS_EVERY = 10_000, MINUTES_EVERY = 60_000, STILL_FOR = 1_200, WAITS_FOR = 8_000;

/** @param {HTMLElement} board */
function listen(board) {
  const said = board.dataset, page = said.page || location.pathname;
  const lost = /** @type {HTMLElement} */ (board.querySelector("[data-line-lost]"));
  let due = 0, timer = 0, done = Date.now(), moved = 0;

  for (const kind of ["pointermove", "pointerdown", "keydown"]) addEventListener(kind, () => { moved = Date.now(); }, { passive: true });

  /** @param {number} wait */
  function within(wait) {
    const at = Math.max(Date.now() + wait, done + AT_MOST_EVERY);
    if (due && due <= at) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(renew, at - Date.now(), at);
  }

  /** @param {number} asked */
  async function renew(asked) {
    const hand = moved + STILL_FOR - Date.now();
    if (hand > 0 && Date.now() < asked + WAITS_FOR) { timer = setTimeout(renew, hand, asked); return; }
    due = 0;
    done = Date.now();
    const fresh = await fetched(page);
    if (fresh?.querySelector("[data-console]")) renewAll(fresh);
  }

  const feed = follow(board, {
    event({ t }) { within(t === "tally" ? COUNTS_EVERY : SOON); },
    snapshot() { within(SOON); },
    state(now) { if (now !== said.state) { said.state = now; within(0); } },
    taken() {},
    line(live) { const why = live ? "" : said.lost || ""; if (lost.textContent !== why) lost.textContent = why; },
    rests: true,
  });
  setInterval(() => { if (!document.hidden) within(0); }, MINUTES_EVERY);
  feed.begin(0, {});
}

if (place && !["closed"].includes(place.dataset.state || "")) listen(place);
