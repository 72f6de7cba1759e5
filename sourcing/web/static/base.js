// What every page can do beyond forms and links: shortcuts, help, search, undo that ends, status words.
// Other screens import `on`, `say` and `ready` from here.

const body = document.body;
const keys = JSON.parse(body.dataset.keys || "{}");
const actions = new Map();
let pending = "";
let pendingTimer = 0;

/** Do `action` when the shortcut of this name is pressed; returning false leaves the key to the browser. */
export function on(name, action) {
  actions.set(name, action);
}

/** Tell something politely: read aloud, and seen for a while in the corner. */
export function say(text) {
  const line = document.createElement("p");
  line.textContent = text;
  status.replaceChildren(line);
}

/** Run `start` with the document now, and with each part that is swapped in later. */
export function ready(start) {
  start(document);
  document.addEventListener("htmx:after:swap", (event) => start(event.target ?? document));
}

const typing = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) &&
  !/^(checkbox|radio|button|submit)$/.test(target.type ?? "");

function named(pressed) {
  return Object.keys(keys).find((name) => keys[name] === pressed);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    close(event);
    return;
  }
  if (body.dataset.shortcuts !== "on" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || event.key.length !== 1) return;
  if (document.querySelector("dialog[open]") && named(event.key) !== "help") return;
  const pressed = pending ? `${pending} ${event.key}` : event.key;
  const name = named(pressed);
  clearTimeout(pendingTimer);
  pending = "";
  if (name === undefined) {
    if (Object.values(keys).some((key) => key.startsWith(`${pressed} `))) {
      pending = pressed;
      pendingTimer = setTimeout(() => (pending = ""), 1500);
    }
    return;
  }
  const action = actions.get(name);
  if (action !== undefined && action(event) !== false) event.preventDefault();
});

function close(event) {
  pending = "";
  const open = document.querySelector("details.menu[open]");
  if (open !== null) {
    open.open = false;
    open.querySelector("summary").focus();
    return;
  }
  if (typing(event.target)) event.target.blur();
}

const help = document.getElementById("help");
function showHelp() {
  if (help === null) return false;
  if (help.open) help.close();
  else help.showModal();
  return true;
}
on("help", showHelp);
document.querySelector("[data-help]")?.addEventListener("click", (event) => {
  if (showHelp()) event.preventDefault();
});

on("search", () => {
  const box = document.querySelector("[data-search-main]") ?? document.querySelector("[data-search]");
  box?.focus();
  box?.select();
});
on("undo", () => {
  const form = document.querySelector("form[data-undo]");
  if (form === null) say("There is nothing to undo here; the history of a person has older acts.");
  else form.requestSubmit();
});
for (const [name, to] of [["go_today", "/"], ["go_people", "/people"], ["go_lists", "/lists"], ["go_runs", "/runs"]]) {
  on(name, () => location.assign(to));
}

// What was done stands in a corner for ten seconds with its Undo, longer while it has the focus or the pointer.
const status = document.getElementById("status");
let fading = 0;
function fade() {
  clearTimeout(fading);
  fading = setTimeout(function end() {
    if (status.matches(":hover, :focus-within")) fading = setTimeout(end, 2000);
    else status.replaceChildren();
  }, 10000);
}
status.classList.add("floating");
new MutationObserver(fade).observe(status, { childList: true });
fade();

// A menu closes when the focus or a click goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
