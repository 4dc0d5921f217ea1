// @ts-check
/** Parts of a page in their newest form. What somebody types or holds stays exactly as it is. */

/** @param {Element} field */
function changed(field) {
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (field instanceof HTMLSelectElement) {
    const given = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(given, 0);
  }
  if (!(field instanceof HTMLInputElement) || field.type === "hidden") return false;
  if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

/** Whether the page is the answer to a form that was not taken: then what stands in its fields was typed, too. */
const refused = document.querySelector("[data-refused]") !== null;

/** Whether somebody is at it: the focus is there, or a field holds what the server did not put there. @param {Element} part */
export function inUse(part) {
  if (part.contains(document.activeElement)) return true;
  const fields = [...part.querySelectorAll("textarea, select, input")];
  return fields.some((field) => changed(field) || refused && field.matches("textarea, [type=text]") && /** @type {HTMLInputElement} */ (field).value !== "");
}

/** What was unfolded stays unfolded. @param {Element} old @param {Element} fresh */
function keepOpen(old, fresh) {
  const before = [...old.querySelectorAll("details")], now = [...fresh.querySelectorAll("details")];
  if (before.length !== now.length) return;
  before.forEach((each, place) => { if (each.open) now[place].open = true; });
}

/** @param {Element} old @param {Element} fresh */
function instead(old, fresh) {
  keepOpen(old, fresh);
  if (old.outerHTML !== fresh.outerHTML) old.replaceWith(document.adoptNode(fresh));
}

/** @param {Element} old @param {Element} fresh */
export function renew(old, fresh) {
  if (!inUse(old)) { instead(old, fresh); return; }
  if (!old.hasAttribute("data-pieces")) return;
  const pieces = [...old.children], kept = pieces.filter(inUse);
  for (const node of [...old.childNodes]) if (!kept.includes(/** @type {Element} */ (node))) node.remove();
  /** @type {ChildNode | null} */
  let place = old.firstChild;
  const there = new Set([...fresh.children].map((each) => each.id));
  for (const node of [...fresh.childNodes]) {
    const next = node instanceof Element ? node : null;
    const stays = next && next.id && kept.find((each) => each.id === next.id);
    if (stays) { renew(stays, next); place = stays.nextSibling; continue; }
    const before = next && next.id && pieces.find((each) => each.id === next.id);
    if (next && before) keepOpen(before, next);
    old.insertBefore(document.adoptNode(node), place);
  }
  for (const each of kept) if (!there.has(each.id)) isGone(each, old.getAttribute("data-gone") ?? "");
}

/** It is not there any more, and somebody is still at it. @param {Element} piece @param {string} why */
function isGone(piece, why) {
  if (!why || piece.querySelector("[data-why-gone]")) return;
  const note = document.createElement("p");
  note.className = "aside";
  note.dataset.whyGone = "";
  note.setAttribute("role", "status");
  note.textContent = why;
  piece.prepend(note);
}

/** The page as it stands now; null while it cannot be fetched. @param {string} address */
export async function fetched(address) {
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok) return null;
  const text = await answer.text().catch(() => "");
  return text ? new DOMParser().parseFromString(text, "text/html") : null;
}

/** Every part of this page that can be renewed. @param {Document} page */
export function renewAll(page) {
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) renew(part, fresh);
  }
}
