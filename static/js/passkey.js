// @ts-check
/**
 * A passkey of this device, made or used. The form is an ordinary one: the script only asks the device, writes what it
 * answers into the hidden fields, and sends. Where browsers know no passkeys, nothing is shown.
 */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-passkey]"));

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

/** @param {ArrayBuffer} raw */
const base64url = (raw) =>
  btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** @param {HTMLFormElement} form @param {string} name */
const field = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

/** @param {HTMLFormElement} form @returns {CredentialCreationOptions} */
const making = (form) => ({
  publicKey: {
    challenge: bytes(field(form, "challenge").value),
    rp: { id: form.dataset.host, name: form.dataset.name ?? "" },
    user: { id: bytes(form.dataset.handle ?? ""), name: form.dataset.name ?? "", displayName: form.dataset.name ?? "" },
    pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: (form.dataset.known ?? "").split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) })),
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  },
});

/** @param {HTMLFormElement} form @returns {CredentialRequestOptions} */
const asking = (form) => ({
  publicKey: { challenge: bytes(field(form, "challenge").value), rpId: form.dataset.host, userVerification: "required" },
});

/** @param {HTMLFormElement} form */
async function answered(form) {
  const made = form.dataset.passkey === "make";
  const devices = navigator.credentials;
  const key = /** @type {any} */ (made ? await devices.create(making(form)) : await devices.get(asking(form)));
  field(form, "client_data").value = base64url(key.response.clientDataJSON);
  if (made) field(form, "attestation").value = base64url(key.response.attestationObject);
  else {
    field(form, "credential").value = base64url(key.rawId);
    field(form, "authenticator_data").value = base64url(key.response.authenticatorData);
    field(form, "signature").value = base64url(key.response.signature);
  }
  form.submit();
}

/** The heading, the tick and the button to sign in. @param {HTMLFormElement} form @param {string} button */
function offer(form, button) {
  const { heading = "", shared = "" } = form.dataset;
  const label = Object.assign(document.createElement("label"), { className: "choice" });
  const tick = Object.assign(document.createElement("input"), { type: "checkbox", name: "shared_phone", value: "yes" });
  label.append(tick, ` ${shared}`);
  const paragraph = document.createElement("p");
  paragraph.append(Object.assign(document.createElement("button"), { textContent: button }));
  form.prepend(Object.assign(document.createElement("h2"), { textContent: heading }), label, paragraph);
}

if (form && window.PublicKeyCredential) {
  const said = form.appendChild(document.createElement("output"));
  if (form.dataset.button) offer(form, form.dataset.button);
  form.hidden = false;
  for (const other of document.querySelectorAll("[data-no-passkey]")) other.remove();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    said.textContent = "";
    answered(form).catch(() => { said.textContent = form.dataset.failed ?? ""; });
  });
}
