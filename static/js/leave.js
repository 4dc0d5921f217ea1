// @ts-check
/**
 * Pressing Escape three times within two seconds presses "Leave quickly". The button alone does the same.
 *
 * Once somebody is leaving the page is blank, whatever the line does, and a fourth press must not stop the
 * browser on its way: Escape is also its own key for that.
 */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-leave]"));
let times = /** @type {number[]} */ ([]);
let leaving = false;

/** What draft.js keeps in this tab; over plain http the server cannot tell the browser to. */
function forget() {
  try {
    sessionStorage.clear();
  } catch {
    // storage is switched off: nothing was kept
  }
}

function blank() {
  leaving = true;
  document.title = "";
  forget();
  document.documentElement.style.display = "none";
}

form?.addEventListener("submit", blank);
document.querySelector("form[action^='/sign-out']")?.addEventListener("submit", forget);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !form) return;
  if (leaving) event.preventDefault();
  if (leaving || event.repeat) return;
  times = [...times.filter((time) => event.timeStamp - time < 2000), event.timeStamp];
  if (times.length < 3) return;
  event.preventDefault();
  blank();
  form.submit();
});
