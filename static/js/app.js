// Small behaviour of every page. Everything also works without it, only less comfortably.
(() => {
  "use strict";
  const root = document.documentElement;

  const cookie = (name) =>
    document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";

  // Panels (user menu, explanations) close on a click elsewhere and on Escape.
  const PANELS = "details.user-menu[open], details.explain[open]";
  document.addEventListener("click", (event) => {
    document.querySelectorAll(PANELS).forEach((panel) => {
      if (!panel.contains(event.target)) panel.open = false;
    });
  });
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!target.matches?.("details.explain[open]")) return;
      target.classList.remove("explain-flip");
      const { right } = target.querySelector(".explain-panel").getBoundingClientRect();
      target.classList.toggle("explain-flip", right > root.clientWidth);
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll(PANELS).forEach((panel) => {
      panel.open = false;
      panel.querySelector("summary").focus();
    });
  });

  // <form data-confirm="…">: ask before sending; with data-ticked only when something is ticked, {ticked} says how many. A second click on a form that is on its way sends nothing.
  const dialog = document.getElementById("confirm");
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const ticked = document.querySelectorAll(`[form="${form.id}"]:checked`).length;
    if (form.dataset.confirm && (ticked || !("ticked" in form.dataset)) && !form.dataset.confirmed && dialog?.showModal) {
      event.preventDefault();
      dialog.querySelector("p").textContent = form.dataset.confirm.replace("{ticked}", ticked);
      dialog.returnValue = "no";
      dialog.showModal();
      dialog.addEventListener(
        "close",
        () => {
          if (dialog.returnValue !== "yes") return;
          form.dataset.confirmed = "yes";
          form.requestSubmit(event.submitter);
        },
        { once: true },
      );
      return;
    }
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 5000);
  });

  // A refused form begins at what is wrong: its message, or the first field that has one.
  const refusal = document.querySelector(".framed main form :is(.form-refusal, .field-errors)");
  if (refusal) {
    const row = refusal.closest(".form-row") ?? refusal;
    const place = row.querySelector("input:not([type=hidden]), select, textarea") ?? refusal;
    if (place === refusal) refusal.tabIndex = -1;
    place.focus({ preventScroll: true });
    row.scrollIntoView({ block: "center", behavior: "instant" });
  }

  // <form data-autosubmit>: send as soon as a choice changes.
  document.addEventListener("change", (event) => {
    event.target.form?.matches("[data-autosubmit]") && event.target.form.requestSubmit();
  });

  // <button data-copy="#id">
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = button.dataset.copied;
    } catch {
      getSelection().selectAllChildren(source);
    }
  });

  // A search that answers after somebody was chosen must not lose the choice.
  let chosen = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const box = event.detail.target?.querySelector?.("input[type=radio]:checked");
    chosen = box ? { name: box.name, value: box.value } : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!chosen) return;
    const boxes = document.querySelectorAll(`input[type=radio][name="${CSS.escape(chosen.name)}"]`);
    const same = [...boxes].find((box) => box.value === chosen.value);
    if (same) same.checked = true;
    chosen = null;
  });

  // htmx: CSRF token from the cookie; a refusal is shown where messages stand.
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = cookie("csrftoken");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 400 || xhr.status === 401) return;
    const messages = document.getElementById("messages");
    if (!messages) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    event.detail.target = messages;
    event.detail.swapOverride = "innerHTML";
  });
})();
