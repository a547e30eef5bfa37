// Security keys: the form's options go to the browser, the key's answer goes into the form.
// Without scripts or keys the form does nothing, and the code field beside it still works.

const ways = {
  get: (options) =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  create: (options) =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
};

async function ask(form) {
  const refusal = form.querySelector("[role=alert]");
  refusal.hidden = true;
  try {
    const { publicKey } = JSON.parse(form.dataset.options);
    const credential = await ways[form.dataset.securityKey](publicKey);
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch {
    refusal.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-security-key]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
}
