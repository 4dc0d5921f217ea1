// @ts-check
/**
 * A lost line loses no words. What is typed stays in this tab until it was sent; it goes with the tab, and
 * "Leave quickly" and signing out clear it at once.
 */

const box = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("form textarea[name=text]"));
const place = `words ${location.pathname}`;

try {
  if (box) {
    const done = new URLSearchParams(location.search).get("done") ?? "";
    if (["posted", "complained", "held", "draft"].includes(done)) sessionStorage.clear();
    const kept = sessionStorage.getItem(place);
    if (kept && !box.value) box.value = kept;
    box.addEventListener("input", () => {
      if (box.value) sessionStorage.setItem(place, box.value);
      else sessionStorage.removeItem(place);
    });
  }
} catch {
  // storage is switched off: the page works as it does without script
}
