// Going through people by keyboard: a cursor over cards, dialogs for what needs a word, acts and links without losing
// the place. Without this script every act is a form and every link a page.

import { on, ready, say } from "./base.js";

const WIDE = matchMedia("(min-width: 60rem)");
const main = document.getElementById("main");
let current = null; // key of the card the cursor is on
let index = 0;
const shown = new Set(); // displayed people of a saved search, sent when the list is left

document.documentElement.classList.add("scripted");

const cards = () => [...document.querySelectorAll("[data-cards] > [data-key]")];
const sheet = () => document.querySelector("article[data-person]");
const picked = () => [...document.querySelectorAll('input[name="keys"][form="bulk"]:checked')];

function move(to, { focus = true } = {}) {
  const all = cards();
  if (all.length === 0) return false;
  index = Math.max(0, Math.min(to, all.length - 1));
  const card = all[index];
  current = card.dataset.key;
  for (const one of all) one.classList.toggle("is-at", one === card);
  if (focus) {
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", behavior: "auto" });
  }
  seen(card);
  return true;
}

function step(by) {
  const all = cards();
  const at = all.findIndex((one) => one.dataset.key === current);
  return move(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by);
}

// Displayed is what the cursor came to or what was opened, never what merely stands on the page.
function seen(card) {
  if (card.closest("[data-search-name]")) shown.add(card.dataset.key);
}

function leave() {
  const list = document.querySelector("[data-search-name]");
  if (list === null || shown.size === 0) return;
  const body = new URLSearchParams([["search", list.dataset.searchName], ["_csrf", token()]]);
  for (const key of shown) body.append("keys", key);
  shown.clear();
  fetch("/people/seen", { method: "POST", body, keepalive: true });
}
addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());

const token = () => document.querySelector('input[name="_csrf"]')?.value ?? "";

// ——— pages without leaving the page ———

async function take(response, { push, keep }) {
  const url = new URL(response.url);
  if (url.pathname !== location.pathname && url.pathname !== "/people" && !url.pathname.startsWith("/people/")) {
    location.assign(response.url);
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("main");
  if (fresh === null) {
    location.assign(response.url);
    return;
  }
  const focused = document.activeElement?.id;
  const at = keep ? { x: scrollX, y: scrollY, key: current, index } : null;
  const panes = [document.getElementById("pane")?.scrollTop, document.querySelector(".facets")?.scrollTop];
  main.replaceChildren(...fresh.childNodes);
  document.title = page.title;
  if (push && response.url !== location.href) history.pushState(null, "", response.url);
  document.getElementById("status").replaceChildren(...(page.getElementById("status")?.childNodes ?? []));
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
  if (keep) {
    scrollTo(at.x, at.y);
    const pane = document.getElementById("pane");
    if (pane !== null && panes[0] !== undefined) pane.scrollTop = panes[0];
  }
  const facets = document.querySelector(".facets");
  if (facets !== null && panes[1] !== undefined) facets.scrollTop = panes[1];
  const same = focused ? document.getElementById(focused) : null;
  if (at !== null && cards().length > 0 && at.key !== null) {
    const here = cards().findIndex((one) => one.dataset.key === at.key);
    move(here >= 0 ? here : at.index);
  } else if (same !== null && same !== document.activeElement) {
    same.focus({ preventScroll: true });
  }
  return page;
}

async function visit(url, { push = true, keep = false } = {}) {
  const list = document.querySelector("[data-search-name]");
  const search = new URL(url, location.href).searchParams.get("search");
  if (list !== null && search !== list.dataset.searchName) leave();
  main.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(url, { headers: { accept: "text/html" } });
    await take(response, { push, keep });
  } catch {
    say("The server does not answer. Nothing was changed; try again.");
  } finally {
    main.removeAttribute("aria-busy");
  }
}

const titled = () => {
  const title = document.getElementById("results-title");
  if (title !== null) say(title.textContent.trim());
};

// A refusal stands in the open dialog: behind it nobody would see it.
function refuse(form, text) {
  const row = form.closest("dialog")?.querySelector("p.row");
  if (!row) return say(text);
  let note = form.querySelector("[data-refused]");
  if (note === null) {
    note = document.createElement("p");
    note.className = "note note-bad";
    note.setAttribute("role", "alert");
    note.dataset.refused = "";
    row.before(note);
  }
  note.textContent = text;
}

async function send(form, button) {
  form.querySelector("[data-refused]")?.remove();
  const body = new URLSearchParams(new FormData(form, button));
  const slow = setTimeout(() => say("Working…"), 700);
  try {
    const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { accept: "text/html" } });
    if (!response.redirected) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const said = [...page.querySelectorAll("main p:not(.problem-code), main .note")].map((one) => one.textContent.trim());
      refuse(form, said.filter(Boolean).slice(0, 1).join(" ") || page.title || "This could not be done.");
      return false;
    }
    await take(response, { push: false, keep: true });
    return true;
  } catch {
    say("The server does not answer. It is not known whether it was done; reload the page.");
    return false;
  } finally {
    clearTimeout(slow);
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-act], [data-undo]")) {
    if (/^(compare|export)$/.test(event.submitter?.value ?? "")) return;
    event.preventDefault();
    const dialog = form.closest("dialog");
    remember(form);
    if ((await send(form, event.submitter)) && dialog?.open) dialog.close();
    return;
  }
  if (form.matches("form[data-visit]")) {
    event.preventDefault();
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form)) if (value !== "") url.searchParams.append(name, value);
    await visit(url);
    titled();
  }
});

document.addEventListener("click", async (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest?.("a");
  if (event.target.closest?.("[data-close]")) event.target.closest("dialog").close();
  if (event.target.closest?.("[data-select-page]")) {
    for (const box of document.querySelectorAll('input[name="keys"][form="bulk"]')) box.checked = true;
    counted();
  }
  if (link === null || link === undefined) return;
  if (link.matches("[data-ask]")) {
    event.preventDefault();
    current = link.closest("[data-key]").dataset.key;
    ask(link.dataset.ask, [current]);
  } else if (link.matches("[data-beside]") && WIDE.matches) {
    event.preventDefault();
    await beside(link);
  } else if (link.matches("[data-close-pane]")) {
    event.preventDefault();
    await closePane();
  } else if (link.matches("[data-visit]")) {
    event.preventDefault();
    await visit(link.href, { keep: link.closest("#pane") !== null });
    titled();
  }
});

addEventListener("popstate", () => visit(location.href, { push: false }));

async function beside(link) {
  const card = link.closest("[data-key]");
  move(cards().indexOf(card), { focus: false });
  const url = new URL(location.href);
  url.hash = "";
  url.searchParams.set("person", card.dataset.key);
  await visit(url, { keep: true });
  document.getElementById("pane")?.scrollTo(0, 0);
}

async function closePane() {
  const link = document.querySelector("[data-close-pane]");
  if (link === null) return false;
  await visit(link.href, { keep: true });
  return true;
}

// ——— shortcuts ———

function targets() {
  const boxes = picked();
  if (boxes.length > 0) return boxes.map((box) => box.value);
  const key = cards().length > 0 ? current : sheet()?.dataset.key;
  return key ? [key] : [];
}

function ask(what, keys = targets()) {
  const dialog = document.getElementById(`ask-${what}`);
  if (dialog === null) return false;
  if (keys.length === 0) {
    say("Choose somebody first: j and k move, x selects.");
    return true;
  }
  const form = dialog.querySelector("form");
  for (const old of form.querySelectorAll('input[name="keys"]')) old.remove();
  for (const key of keys) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "keys", value: key });
    form.append(field);
  }
  const whom = document.getElementById(keys[0])?.querySelector(".person-link")?.textContent ?? "";
  dialog.querySelector("[data-whom]").textContent = keys.length > 1 ? `${keys.length} people` : whom;
  recall(form);
  dialog.showModal();
  const first = form.querySelector("select, input:not([type=hidden]), textarea");
  first?.focus();
  first?.select?.();
  return true;
}

// The last words of each dialog stand in it again: thirty people are often put away for one reason.
const lasting = "select[name=shortlist], select[name=stage], input[name=reason]";
function remember(form) {
  for (const field of form.querySelectorAll(lasting)) if (field.value) sessionStorage.setItem(`last-${field.name}`, field.value);
  const fresh = form.querySelector("input[name=fresh]")?.value.trim(); // a list just made is the one to go on with
  if (fresh) sessionStorage.setItem("last-shortlist", fresh);
}
function recall(form) {
  for (const field of form.querySelectorAll(lasting)) {
    const last = sessionStorage.getItem(`last-${field.name}`);
    if (last !== null && (field.tagName !== "SELECT" || [...field.options].some((one) => one.value === last))) field.value = last;
  }
}

function thumb(what) {
  const [key, ...more] = targets();
  if (key === undefined) return say("Choose somebody first: j and k move.");
  if (more.length > 0) return say("A thumb is for one person; clear the selection first.");
  const within = document.getElementById(key) ?? sheet();
  const button = [...within.querySelectorAll('button[name="one"]')][what === "good" ? 0 : 1];
  if (button?.getAttribute("aria-pressed") === "true") return say("It is so already; the button, or undo, takes it back.");
  button?.form.requestSubmit(button);
}

on("next", () => step(1));
on("previous", () => step(-1));
on("open", open_);
function open_() {
  const link = document.getElementById(current ?? "")?.querySelector(".person-link");
  if (!link) return false;
  link.click();
  return true;
}
on("select", () => {
  const box = document.getElementById(current ?? "")?.querySelector('input[name="keys"]');
  if (!box) return false;
  box.checked = !box.checked;
  counted();
  return true;
});
for (const what of ["shortlist", "stage", "tag", "note", "hide"]) on(what, () => ask(what));
on("good", () => (thumb("good"), true));
on("bad", () => (thumb("bad"), true));
on("compare", () => {
  const keys = picked().map((box) => box.value);
  if (keys.length < 2 || keys.length > 5) say("Select 2 to 5 people to compare: x selects.");
  else document.querySelector('#bulk button[value="compare"]')?.click();
  return true;
});
for (const [name, rel] of [["person_before", "prev"], ["person_after", "next"]]) {
  on(name, () => {
    const link = document.querySelector(`.person-nav a[rel="${rel}"]`);
    if (link === null) return false;
    link.click();
    return true;
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("dialog.ask select")) {
    event.preventDefault(); // a list of choices swallows Enter: a dialog by keyboard should not need Tab
    event.target.form.requestSubmit(event.target.form.querySelector("button.main"));
  }
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.matches("[data-cards] > [data-key]")) {
    event.preventDefault();
    open_();
  }
  if (event.key === "Escape" && document.getElementById("pane") && !document.querySelector("details.menu[open]")) closePane();
});

// ——— small things ———

function counted() {
  const bulk = document.getElementById("bulk");
  if (bulk === null) return;
  const number = picked().length;
  bulk.querySelector("[data-picked]").textContent = `${number} selected`;
  bulk.classList.toggle("is-on", number > 0 || bulk.querySelector('[value="all"]').checked);
  sessionStorage.setItem(TICKS, JSON.stringify({ at: listed(), keys: picked().map((box) => box.value) }));
}

// Who was ticked stays ticked when one comes back to the list, from a comparison or a person.
const TICKS = "ticked";
const listed = () => {
  const url = new URL(location.href);
  url.searchParams.delete("person");
  return url.pathname + url.search;
};
function ticked() {
  const kept = JSON.parse(sessionStorage.getItem(TICKS) ?? "null");
  if (kept === null || kept.at !== listed()) return;
  for (const box of document.querySelectorAll('input[name="keys"][form="bulk"]')) box.checked ||= kept.keys.includes(box.value);
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.('input[name="keys"], input[name="which"]')) counted();
});
document.addEventListener("reset", () => setTimeout(counted));
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[data-copy], [data-copied]")) event.target.select();
  const card = event.target.closest?.("[data-cards] > [data-key]");
  if (card && card.dataset.key !== current) move(cards().indexOf(card), { focus: false });
});

if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") ticked();
ready(() => {
  if (WIDE.matches) for (const box of document.querySelectorAll("[data-wide-open]")) box.open = true;
  const copy = document.querySelector("[data-copy]");
  if (copy !== null) copy.value = location.href;
  counted();
});
if (location.hash === "#results") document.getElementById("results-title")?.focus();
