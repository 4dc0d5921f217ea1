// @ts-check
/**
 * A hall as somebody in it sees it, live. Without this script a frame fetches the list anew; nothing here is needed
 * for anything.
 *
 * Nothing moves under the finger: new questions wait behind a button, others change in their place, and what is being
 * typed is never touched.
 */
import { lines } from "./captions.js";
import { follow } from "./feed.js";
import { fetched, inUse, renew, renewAll } from "./fresh.js";

const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-hall]"));
const SPEAK_EVERY = 5_000, REFRESH_WITHIN = 8_000;

/** @param {HTMLElement} hall */
function listen(hall) {
  const said = hall.dataset;
  const here = said.page || location.pathname;
  const main = /** @type {HTMLElement} */ (hall.closest("main"));
  const list = document.createElement("div");
  const more = document.createElement("button");
  const told = document.createElement("p");
  const lost = document.createElement("p");
  const age = document.createElement("p");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  /** @type {Map<string, {html: string, n: number, st: string}>} */
  const waiting = new Map();
  let spoke = 0, refreshing = 0, speaking = 0;
  /** @type {DocumentFragment | null} */
  let away = null;
  const title = document.title;

  /** @param {string} id */
  const article = (id) => list.querySelector("#q-" + CSS.escape(id));
  /** @param {string} id */
  const lineWith = (id) => /** @type {HTMLElement | null} */ (article(id)?.closest(".ask-line") ?? null);

  // The list --------------------------------------------------------------------------------------------------

  function showWaiting() {
    more.hidden = waiting.size === 0;
    if (more.hidden) { told.textContent = ""; return; }
    more.textContent = `${said.more} (${number.format(waiting.size)})`;
    clearTimeout(speaking);
    speaking = setTimeout(() => { spoke = Date.now(); told.textContent = waiting.size ? more.textContent : ""; },
      Math.max(0, spoke + SPEAK_EVERY - Date.now()));
  }

  /** @param {Element} holder @param {number} count */
  function tally(holder, count) {
    let shown = holder.querySelector("[data-count]");
    const button = holder.querySelector("form button");
    if (!shown && button && count) {
      const part = document.createElement("span");
      part.dataset.tally = "";
      part.append(" · ", shown = document.createElement("span"));
      shown.setAttribute("data-count", "");
      button.append(part);
    }
    if (!shown) return;
    shown.textContent = number.format(count);
    shown.closest("[data-tally]")?.toggleAttribute("hidden", count === 0);
  }

  /** @param {string} id @param {{html: string, n: number, st: string}} question */
  function lineOf(id, { html, n, st }) {
    const form = /** @type {HTMLTemplateElement | null} */ (hall.querySelector("template[data-line]"));
    const made = document.createElement("div");
    made.className = "ask-line";
    made.innerHTML = html; // made by the server from the same template as the page
    if (form && st !== "answered" && ["open", "early"].includes(said.state || "")) made.append(form.content.cloneNode(true));
    for (const each of made.querySelectorAll("form")) each.action = each.action.replace("00000000-0000-0000-0000-000000000000", id);
    tally(made, n);
    return made;
  }

  /** @param {{id: string, html: string, n: number, st: string}} question */
  function question({ id, ...rest }) {
    const line = lineWith(id), shown = article(id);
    if (!line || !shown) { waiting.set(id, rest); return; }
    const fresh = lineOf(id, rest).querySelector(".ask");
    if (fresh && fresh.outerHTML !== shown.outerHTML && !shown.contains(document.activeElement)) shown.replaceWith(fresh);
    if (rest.st === "answered") line.querySelector("form")?.remove();
    tally(line, rest.n);
  }

  /** @param {string} id */
  function gone(id) {
    waiting.delete(id);
    lineWith(id)?.remove();
  }

  /** @param {string} id @param {number} count */
  function wanted(id, count) {
    const held = waiting.get(id), line = lineWith(id);
    if (held) held.n = count;
    else if (line) tally(line, count);
  }

  /** Everything on the channel of everybody. @param {any[]} questions */
  function all(questions) {
    const now = new Set(questions.map((each) => "q-" + each.id));
    for (const shown of list.querySelectorAll(".ask")) if (!now.has(shown.id)) shown.closest(".ask-line")?.remove();
    for (const id of waiting.keys()) if (!now.has("q-" + id)) waiting.delete(id);
    questions.forEach(question);
  }

  /** Each line with the buttons that it has now. */
  async function relist() {
    const page = await fetched(said.list || "");
    for (const fresh of page?.querySelectorAll(".ask-line") ?? []) {
      const old = article((fresh.querySelector(".ask")?.id ?? "").slice(2))?.closest(".ask-line");
      if (old && !inUse(old)) old.replaceWith(document.adoptNode(fresh));
    }
  }

  // Everything around it --------------------------------------------------------------------------------------

  /** @param {any} own */
  function mine(own) {
    const shown = document.getElementById("own-" + own.id);
    const words = shown?.querySelector("[data-told]");
    if (!shown || !words || own.st === "diverted") { refresh(); return; }
    words.textContent = [own.told, own.why, own.note].filter(Boolean).join(" ");
    if (!["pending", "approved"].includes(own.st)) shown.querySelector("form")?.remove();
  }

  /** @param {string} now */
  function state(now) {
    if (now === said.state) return;
    said.state = now;
    if (now === "stopped") { stop(); return; }
    if (away) { main.replaceChildren(away); away = null; document.title = title; }
    refresh();
    setTimeout(relist, Math.random() * REFRESH_WITHIN);
  }

  /** Nothing of the hall stays on the page but what somebody has typed and not sent. */
  function stop() {
    const safe = /** @type {HTMLTemplateElement | null} */ (hall.querySelector("template[data-stopped]"));
    const box = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("#write textarea"));
    list.replaceChildren();
    waiting.clear();
    for (const part of document.querySelectorAll("#own-part, #polls-part, #results-part, #captions-here [data-lines]")) part.replaceChildren();
    if (!safe || away) return;
    away = document.createDocumentFragment();
    away.append(...main.childNodes);
    const head = document.createElement("h1");
    head.textContent = safe.dataset.title ?? "";
    main.append(head, safe.content.cloneNode(true));
    const typed = main.querySelector("[data-typed]"), words = typed?.querySelector("blockquote");
    if (typed && words && box?.value) { words.textContent = box.value; typed.removeAttribute("hidden"); }
    document.title = `${head.textContent} · Baraza`;
    main.focus();
  }

  /** Not everybody at the same moment. */
  function refresh() {
    if (refreshing) return;
    refreshing = setTimeout(async () => {
      refreshing = 0;
      const page = await fetched(here);
      if (!page || away) return;
      renewAll(page);
      askable(page);
    }, Math.random() * REFRESH_WITHIN);
  }

  /** The box for a question: while nothing can be asked it says so, and keeps its words. @param {Document} page */
  function askable(page) {
    const old = document.getElementById("write"), fresh = page.getElementById("write");
    const form = old?.querySelector("form"), may = fresh?.querySelector("form");
    if (!old || !fresh || !form === !may) { old?.querySelector("[data-not-now]")?.remove(); }
    else if (!inUse(old)) renew(old, fresh);
    else if (form && !old.querySelector("[data-not-now]")) {
      const why = fresh.querySelector(".aside");
      why?.setAttribute("data-not-now", "");
      if (why) form.before(document.adoptNode(why));
    }
    const button = document.querySelector("#write form button");
    if (button instanceof HTMLButtonElement) button.disabled = !may;
  }

  list.addEventListener("submit", async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const line = form.closest(".ask-line"), id = line?.querySelector(".ask")?.id;
    event.preventDefault();
    line?.querySelector("[data-refusal]")?.remove();
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const to = new URL(form.action);
    to.searchParams.set("in", "list");
    const answer = await fetch(to, { method: "POST", body }).catch(() => null);
    const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = id && page?.getElementById(id)?.closest(".ask-line");
    if (!fresh) { refusal(form, page?.querySelector(".mistakes")?.textContent || said.lost || ""); return; }
    line?.replaceWith(document.adoptNode(fresh));
    /** @type {HTMLElement | null} */ (fresh.querySelector("button"))?.focus();
  });

  /** @param {HTMLFormElement} form @param {string} why */
  function refusal(form, why) {
    const note = document.createElement("p");
    note.setAttribute("role", "alert");
    note.dataset.refusal = "";
    note.className = "error";
    note.textContent = why.trim();
    form.after(note);
  }

  // Captions, for whoever unfolds them ------------------------------------------------------------------------

  const beside = /** @type {HTMLDetailsElement | null} */ (document.getElementById("captions-here"));
  /** @type {ReturnType<typeof lines> | null} */
  let captions = null;
  /** @param {HTMLDetailsElement} part */
  function readsAlong(part) {
    captions = lines(/** @type {HTMLElement} */ (part.querySelector("[data-lines]")), Number(part.dataset.most));
    part.hidden = false;
    part.addEventListener("toggle", () => feed.anew());
  }

  // Listening -------------------------------------------------------------------------------------------------

  const feed = follow(hall, {
    event({ t, d }) {
      if (t === "question") question(d);
      else if (t === "gone") gone(d.id);
      else if (t === "tally") for (const [id, n] of d) wanted(id, n);
      else if (t === "own") mine(d);
      else if (t === "caption") captions?.put(d);
      else if (t === "state") { state(d.st); refresh(); }
      else if (t !== "waiting") refresh();
    },
    snapshot(channel, stands) {
      if (channel === "pub") all(stands.questions);
      if (stands.own) stands.own.forEach(mine);
      if (stands.captions) captions?.all(stands.captions);
    },
    state,
    taken: showWaiting,
    line(live, seconds) {
      const why = live ? "" : said.lost || "";
      if (lost.textContent !== why) lost.textContent = why;
      age.textContent = (said.updated || "").replace("{}", number.format(seconds));
    },
    captions: () => (beside?.open ? [beside.dataset.captions || ""] : []),
  });

  more.type = "button";
  more.hidden = true;
  more.addEventListener("click", () => {
    for (const [id, held] of waiting) list.append(lineOf(id, held));
    waiting.clear();
    showWaiting();
  });
  list.setAttribute("role", "log");
  list.setAttribute("aria-live", "polite");
  list.setAttribute("aria-relevant", "additions");
  list.setAttribute("aria-labelledby", "questions");
  told.setAttribute("role", "status");
  told.className = "unseen";
  lost.setAttribute("role", "status");
  lost.className = "lost";
  age.className = "facts";

  fetched(said.list || "").then((page) => {
    const shown = page?.querySelector("main[data-at]");
    if (!(shown instanceof HTMLElement)) return; // the frame stays, and fetches itself anew
    const numbers = (shown.dataset.at || "").split(",").map((part) => part.split(":"));
    list.replaceChildren(...shown.querySelectorAll(".ask-line"));
    hall.querySelector("iframe")?.replaceWith(lost, more, told, list, age);
    if (beside) readsAlong(beside);
    feed.begin(Number(shown.dataset.epoch), Object.fromEntries(numbers.map(([channel, last]) => [channel, Number(last)])));
  });
}

if (place && place.dataset.state !== "closed") listen(place);
