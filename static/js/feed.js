// @ts-check
/**
 * What happens in a hall, as it happens: by a socket, else a stream, else by asking. Whoever was away hears what was
 * missed, or how everything stands, and nothing twice.
 */

const LONGEST = 30_000, SILENCE = 70_000, OPENS_WITHIN = 20_000, GRACE = 1_500, LOOK_EVERY = 3_000, POLLS = 10;
const SIGNED_OUT = 4401, FORBIDDEN = 4403, TOO_MANY = 4409;
/** @typedef {{op: string, ch: string, s: number, n: number, epoch: number, ev: any[], d: any, code: number, retry_ms: number, jitter_ms: number}} Frame */
/**
 * `event` one thing that happened; `snapshot` how a channel stands; `state` how the hall stands; `taken` after each
 * frame; `line` whether what is shown is live, and for how many seconds nothing was heard; `captions` in which
 * languages captions are wanted; `rests` whether nothing is fetched while nobody looks at the page.
 * @typedef {{event: (event: {t: string, d: any}) => void, snapshot: (channel: string, stands: any) => void,
 *   state: (state: string) => void, taken: () => void, line: (live: boolean, seconds: number) => void,
 *   captions?: () => string[], rests?: boolean}} Hears
 */

/** @param {HTMLElement} place @param {Hears} hears */
export function follow(place, hears) {
  const said = place.dataset;
  /** @type {Record<string, number>} */
  let at = {};
  let epoch = 0, heard = Date.now(), tries = 0, sockets = 0, ended = false, live = false;
  /** @type {WebSocket | EventSource | null} */
  let line = null;
  let turn = 0, later = 0, doubting = 0, begun = 0, polled = 0;

  const wanted = () => (hears.captions ? hears.captions() : []);
  const known = () => Object.entries(at).map(([channel, last]) => `${channel}:${last}`).join(",");
  const tell = () => hears.line(live, Math.round((Date.now() - heard) / 1000));

  function lives() {
    clearTimeout(doubting);
    doubting = 0;
    heard = Date.now();
    if (!live) { live = true; tell(); }
  }

  /** A line that comes back at once was never lost. */
  function doubts() {
    if (!doubting) doubting = setTimeout(() => { live = false; tell(); }, ended ? 0 : GRACE);
  }

  /** @param {Frame} frame */
  function take(frame) {
    lives();
    if (frame.op === "state") hears.state(frame.d.st);
    else if (frame.op === "batch" || frame.op === "resume") {
      const last = at[frame.ch] ?? frame.s - frame.n;
      if (frame.epoch !== epoch && epoch || frame.s - frame.n > last) { at = {}; again(); return; }
      if (frame.s <= last && frame.n) return;
      epoch = frame.epoch;
      at[frame.ch] = frame.s;
      frame.ev.forEach(hears.event);
    } else if (frame.op === "snapshot") {
      epoch = frame.epoch;
      at[frame.ch] = frame.s;
      if (frame.d.st) hears.state(frame.d.st);
      hears.snapshot(frame.ch, frame.d);
    } else if (frame.op === "bye") again(frame.retry_ms + Math.random() * frame.jitter_ms);
    else if (frame.op === "end") over(frame.code);
    hears.taken();
  }

  function drop() {
    turn += 1;
    clearTimeout(later);
    if (line) { line.close(); line = null; }
  }

  /** After a while that doubles, at a moment of chance within it. @param {number} [wait] */
  function again(wait) {
    drop();
    doubts();
    if (ended) return;
    later = setTimeout(connect, wait ?? Math.random() * Math.min(LONGEST, 1_000 * 2 ** tries));
    tries += 1;
  }

  /** @param {number} code */
  function over(code) {
    if (code === TOO_MANY) sockets = 9;
    ended = code === SIGNED_OUT || code === FORBIDDEN;
    again();
  }

  function connect() {
    drop();
    if (document.hidden && hears.rests) return;
    if (document.hidden || sockets >= 5) poll();
    else if (sockets < 2 && "WebSocket" in window) socket();
    else if ("EventSource" in window) stream();
    else poll();
  }

  function socket() {
    const own = turn;
    const opened = new WebSocket(new URL(said.socket || "", location.href).href.replace(/^http/, "ws"));
    line = opened;
    begun = Date.now();
    sockets += 1;
    opened.onopen = () => opened.send(JSON.stringify({ op: "hello", p: 1, epoch, since: at, captions: wanted() }));
    opened.onmessage = (event) => { if (own !== turn) return; sockets = tries = 0; take(JSON.parse(event.data)); };
    opened.onclose = (event) => { if (own === turn) over(event.code); };
  }

  /** @param {string} address @param {Record<string, string>} [more] */
  function asked(address, more = {}) {
    const found = new URL(address, location.href);
    const fields = { epoch: String(epoch), since: known(), captions: wanted().join(","), ...more };
    for (const [name, value] of Object.entries(fields)) if (value) found.searchParams.set(name, value);
    return found;
  }

  function stream() {
    const own = turn;
    const opened = new EventSource(asked(said.events || ""));
    line = opened;
    begun = Date.now();
    sockets += 1;
    opened.onmessage = (event) => { if (own !== turn) return; tries = 0; take(JSON.parse(event.data)); };
    opened.onerror = () => { if (own === turn) again(); };
  }

  async function poll() {
    const own = turn;
    try {
      const answer = await fetch(asked(said.since || "", document.hidden ? {} : { wait: "1" }), { credentials: "same-origin" });
      if (own !== turn) return;
      if (answer.status === 404) { over(FORBIDDEN); return; }
      const { frames, code } = await answer.json();
      tries = 0;
      if (++polled % POLLS === 0 && sockets === 5) sockets = 0; // perhaps sockets come through again
      lives();
      for (const frame of frames) { if (own !== turn) return; take(frame); }
      if (own === turn) { if (code) over(code); else later = setTimeout(connect, document.hidden ? LONGEST : 1_000); }
    } catch {
      if (own === turn) again();
    }
  }

  document.addEventListener("visibilitychange", () => { if (!ended) connect(); });
  addEventListener("offline", () => again());
  addEventListener("online", () => { tries = sockets = 0; if (!ended) connect(); });
  setInterval(() => {
    tell();
    const silent = heard < begun ? Date.now() - begun > OPENS_WITHIN : Date.now() - heard > SILENCE;
    if (line && silent && !document.hidden) again();
  }, LOOK_EVERY);

  return {
    /** From here on: what the page shows already. @param {number} from @param {Record<string, number>} numbers */
    begin(from, numbers) { epoch = from; at = numbers; connect(); },
    /** Something else is wanted now. */
    anew() { if (!ended) connect(); },
  };
}
