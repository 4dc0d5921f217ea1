// @ts-check
/** Lines of captions: the last ones, or all of them, in their order. */

/** @param {HTMLElement} place @param {number} most */
export function lines(place, most) {
  const shown = () => /** @type {HTMLElement[]} */ ([...place.querySelectorAll("[data-line]")]);
  const trim = () => { if (most) for (const old of shown().slice(0, -most)) old.remove(); };

  return {
    /** One line: new, or in other words, or taken out. @param {{id: string, of: string, n: number, html: string}} line */
    put({ id, of, n, html }) {
      const made = document.createElement("div");
      made.innerHTML = html; // made by the server from the same template as the page
      const fresh = made.firstElementChild, old = document.getElementById(id), last = shown().at(-1);
      if (old && fresh) old.replaceWith(fresh);
      else if (old) old.remove();
      else if (fresh && (!last || last.dataset.of !== of || Number(last.dataset.line) < n)) {
        place.querySelector(".gone")?.remove();
        place.append(fresh);
        trim();
      }
    },
    /** Everything anew. @param {{id: string, of: string, n: number, html: string}[]} stands */
    all(stands) {
      if (most || !stands.length) for (const old of shown()) if (!stands.some((line) => line.id === old.id)) old.remove();
      stands.forEach((line) => this.put(line));
    },
  };
}
