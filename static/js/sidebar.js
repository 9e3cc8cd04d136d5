// The side bar: a drawer over the page on small screens, sections that stay as the reader left them, a field that finds a page by its name.
// Without script the sections fold as well (<details>); the one of the page stands open.
(() => {
  "use strict";
  const root = document.documentElement;
  const nav = document.querySelector(".side-nav");
  if (!nav) return;

  const toggle = document.querySelector("[data-toggle-sidebar]");
  const isOpen = () => root.classList.contains("sidebar-open");
  const behind = document.querySelectorAll(".skip-link, .topbar, .content");
  const show = (open) => {
    root.classList.toggle("sidebar-open", open);
    toggle.setAttribute("aria-expanded", String(open));
    behind.forEach((part) => {
      part.inert = open;
    });
    if (open) nav.querySelector("summary, a").focus();
  };
  // on a wide screen the bar stands beside the page
  matchMedia("(min-width: 992px)").addEventListener("change", () => show(false));
  toggle.addEventListener("click", () => show(!isOpen()));
  document.addEventListener("click", (event) => {
    if (isOpen() && !event.target.closest(".sidebar, [data-toggle-sidebar]")) show(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    show(false);
    toggle.focus();
  });

  // Which sections this browser's reader opened. A browser that keeps nothing opens the page's section only.
  const KEY = "sidebar-open-sections";
  const sections = [...nav.querySelectorAll("details[data-section]")];
  const remembered = () => {
    try {
      return new Set(JSON.parse(localStorage.getItem(KEY)) ?? []);
    } catch {
      return new Set();
    }
  };
  const remember = (section, open) => {
    const names = remembered();
    names[open ? "add" : "delete"](section);
    try {
      localStorage.setItem(KEY, JSON.stringify([...names]));
    } catch {
      return;
    }
  };
  const asLeft = () => {
    const names = remembered();
    sections.forEach((each) => {
      each.open = "here" in each.dataset || names.has(each.dataset.section);
    });
  };
  asLeft();
  nav.querySelector("a.active")?.scrollIntoView({ block: "nearest" });

  const field = nav.querySelector("[data-find-page]");
  nav.addEventListener("click", (event) => {
    const section = event.target.closest("summary")?.parentElement;
    // the browser opens or folds it after this click
    if (section && !field?.value) remember(section.dataset.section, !section.open);
  });
  if (!field) return;

  const none = nav.querySelector("[data-none]");
  const noneWords = nav.querySelector("[data-none-words]").innerHTML;
  const find = () => {
    const wanted = field.value.trim().toLowerCase();
    let found = 0;
    sections.forEach((section) => {
      const whole = section.querySelector("summary").textContent.toLowerCase().includes(wanted);
      let here = 0;
      section.querySelectorAll("li").forEach((entry) => {
        const words = entry.dataset.find; // of a page that only the finder shows: what it is found by beside its name
        const named = `${entry.textContent} ${words ?? ""}`.toLowerCase().includes(wanted);
        entry.hidden = words === undefined ? !whole && !named : !wanted || !named;
        here += !entry.hidden;
      });
      section.hidden = !here;
      if (wanted) section.open = true;
      found += here;
    });
    if (!wanted) asLeft();
    none.textContent = found ? "" : noneWords;
  };
  field.addEventListener("input", find);
  // Down and up go through the hits, Enter opens the first; Escape clears and comes back to the field.
  nav.addEventListener("keydown", (event) => {
    if (event.isComposing || !field.value.trim()) return;
    const stops = [field, ...nav.querySelectorAll("li:not([hidden]) a")];
    const at = stops.indexOf(event.target);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && at >= 0) {
      event.preventDefault();
      stops[at + step]?.focus();
    } else if (event.key === "Enter" && at === 0) {
      stops[1]?.click();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      field.value = "";
      find();
      field.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    event.preventDefault();
    if (toggle.checkVisibility()) show(true);
    field.focus();
  });
})();
