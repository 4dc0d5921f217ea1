// @ts-check
/** Keys for moderators: j k o on the queue, o a h r e u on a case, ? for help. Every key only presses what is on the page. */

const keys = /** @type {HTMLDetailsElement | null} */ (document.querySelector("[data-keys]"));
const wanted = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-keys-wanted]"));
const veil = /** @type {HTMLDetailsElement | null} */ (document.querySelector("[data-veil]"));

/** @param {string} selector */
const find = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector));

/** @param {number} step */
function move(step) {
  const cases = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-case]")]);
  const here = cases.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = here < 0 ? 0 : Math.min(Math.max(here + step, 0), cases.length - 1);
  cases[next]?.focus();
}

/** A text that nobody has looked at is opened first. @param {() => void} act */
function decide(act) {
  if (veil && !veil.open) veil.open = true;
  else act();
}

/** @type {Record<string, () => void>} */
const acts = {
  j: () => (document.querySelector("[data-case]") ? move(1) : find("[data-next]")?.click()),
  k: () => move(-1),
  o: () => (veil ? (veil.open = !veil.open) : document.activeElement?.matches("[data-case]") && find("[data-case]:focus")?.click()),
  a: () => decide(() => find("[data-release]")?.click()),
  h: () => decide(() => find("[data-hide]")?.click()),
  e: () => decide(() => find("[data-escalate]")?.click()),
  r: () => decide(() => find("[name=reason]")?.focus()),
  u: () => find("[data-undo]")?.click(),
  "?": () => keys && (keys.open = !keys.open),
};

document.addEventListener("keydown", (event) => {
  const typing = /** @type {HTMLElement} */ (event.target).matches("textarea, select, input:not([type=radio], [type=checkbox])");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (wanted && !wanted.checked && event.key !== "?") return;
  const letter = event.key > "~" ? event.code.slice(3).toLowerCase() : event.key; // the same places on an Arabic or Cyrillic keyboard
  const act = acts[letter];
  if (act) { event.preventDefault(); act(); }
});

if (keys) keys.hidden = false;
