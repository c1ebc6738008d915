// The page's only script: patches what the stream sends into the page, and sends what people do through the JSON door.
"use strict";

const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const here = () => $("#head").dataset;
const make = (tag, text = "", attributes = {}) => {
  const made = document.createElement(tag);
  made.textContent = text; // text only: nothing that comes from anywhere becomes markup here
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

// ---- Changes: make `old` like `fresh`, keeping what people have typed, opened and focused

function patch(old, fresh) {
  if (old.dataset?.keep !== undefined && old.id === fresh.id) return;
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const named = new Map($$(":scope > [id]", old).map((child) => [child.id, child]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const twin = next.id ? named.get(next.id) : at && !at.id && alike(at, next) ? at : null;
    if (!twin) old.insertBefore(next, at);
    else {
      if (twin === at) at = at.nextSibling;
      else old.insertBefore(twin, at);
      if (twin.nodeType === Node.TEXT_NODE) twin.data = next.data;
      else patch(twin, next);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

const alike = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName;

function apply(regions) {
  const pinned = $$("#messages, #thread .scroll").filter(atEnd);
  const line = document.activeElement.closest(".line");
  for (const [id, markup] of Object.entries(regions)) {
    const fresh = new DOMParser().parseFromString(markup, "text/html").body.firstElementChild;
    patch(document.getElementById(id), fresh);
  }
  // A pressed button goes with its card's rewriting: the card itself is read next, and a second Enter presses nothing.
  if (document.activeElement === document.body && line?.isConnected) line.focus({ preventScroll: true });
  for (const box of $$("#messages, #thread .scroll")) if (pinned.includes(box)) box.scrollTop = box.scrollHeight;
  settle();
}

const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;

// ---- The stream: one per address

let stream;
function listen() {
  stream?.close();
  stream = new EventSource("/stream" + location.search);
  stream.onmessage = (event) => apply(JSON.parse(event.data));
}

let place = "";
let reading = "";
function settle() {
  if (place !== here().place + here().user) {
    place = here().place + here().user;
    $("#messages").scrollTop = here().place === "home" ? 0 : $("#messages").scrollHeight;
  }
  if (reading !== here().thread) {
    reading = here().thread;
    const replies = $("#thread .scroll");
    if (replies) replies.scrollTop = replies.scrollHeight;
  }
  guideSettles();
  formSettles();
}

function go(link) {
  history.pushState(null, "", link.getAttribute("href"));
  const stays = link.dataset.stay !== undefined;
  if (link.dataset.message) landing = link.dataset.message;
  if (!stays) place = "";
  listen();
  if (link.dataset.home !== undefined) act("home");
  if (!stays && matchMedia("(hover: hover)").matches) $("#say").focus();
}
let landing = "";
window.addEventListener("popstate", listen);

// ---- The JSON door

async function act(name, more = {}) {
  const body = JSON.stringify({ user: here().user, channel: here().place, team: here().team, ...more });
  try {
    const answer = await fetch(`/api/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const told = await answer.json();
    if (told.problem || told.trouble) toast(told.problem || told.trouble);
    return told;
  } catch {
    toast("The sandbox cannot be reached: is it still running?");
    return { ok: false };
  }
}

function toast(text) {
  const said = make("p", text);
  $("#toasts").append(said);
  setTimeout(() => said.remove(), 7000);
}

async function busy(element, work) {
  if (element.getAttribute("aria-busy") === "true") return undefined;
  element.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    element.removeAttribute("aria-busy");
  }
}

// ---- Pressing things

const whereIs = (element) => {
  const { channel, ts, view } = element.closest("[data-view], [data-ts]").dataset;
  return view ? { view } : { channel, ts };
};

async function press(element) {
  const asked = element.dataset.confirm && JSON.parse(element.dataset.confirm);
  if (asked && !(await sure(asked))) return;
  const menu = element.closest("details.menu");
  if (menu) menu.open = false;
  const { block: block_id, action: action_id, value } = element.dataset;
  const shown = menu ? $("summary", menu) : element;
  const state = element.closest("form.modal") ? fieldsOf(element.closest("form.modal")) : undefined;
  const told = { ...whereIs(element), block_id, action_id, state, value: value ?? valueOf(element) };
  await busy(shown, () => act("click", told));
}

function sure({ title, text, confirm, deny, style }) {
  const dialog = make("dialog", "", { "aria-labelledby": "sure-title" });
  const yes = make("button", confirm, { class: `btn ${style}`, value: "yes" });
  const form = make("form", "", { method: "dialog" });
  const feet = make("footer");
  feet.append(make("button", deny, { class: "btn", value: "no" }), yes);
  form.append(make("h2", title, { id: "sure-title" }), make("p", text), feet);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => (dialog.remove(), done(dialog.returnValue === "yes"))));
}

// ---- Forms

function valueOf(field) {
  if (field.dataset.pick !== undefined) {
    const values = $$(".picked li", field).map((item) => item.dataset.value);
    return field.dataset.many ? values : values[0] ?? null;
  }
  if (field.dataset.ticks) {
    const values = $$("input:checked", field).map((tick) => tick.value);
    return field.dataset.ticks === "radio" ? values[0] ?? null : values;
  }
  return "value" in field && field.dataset.press === undefined ? field.value : null;
}

function fieldsOf(form) {
  const state = {};
  for (const field of $$("[data-field]", form)) (state[field.dataset.block] ??= {})[field.dataset.action] = valueOf(field);
  return state;
}

let opener = null;
let opened = "";
function formSettles() {
  const form = $("form.modal");
  const app = $("#app");
  const now = form ? form.dataset.view + form.dataset.hash : "";
  if (form && !app.inert) opener = document.activeElement;
  app.inert = Boolean(form);
  if (form && now !== opened && !form.contains(document.activeElement)) {
    ($("[data-first]", form) || $("[data-field]:not([data-pick]), .pick > input", form) || $("footer .btn:last-child", form)).focus();
  }
  if (form && form.dataset.errors !== "0") $("[aria-invalid]", form)?.focus();
  if (!form && opened) (opener?.isConnected && opener !== document.body ? opener : $("#say")).focus();
  opened = now;
}

async function submitForm(form) {
  const button = $('button[type="submit"]', form);
  if (button) await busy(button, () => act("submit", { view: form.dataset.view, state: fieldsOf(form) }));
}

// ---- Type-ahead

let typing = 0;
async function offer(pick) {
  const input = $("input", pick);
  const list = $(".offers", pick);
  const words = input.value.trim();
  if (pick.dataset.asks === undefined) return showOffers(pick, $$("li", list), words.toLowerCase());
  if (words.length < Number(pick.dataset.asks)) return closeOffers(pick);
  const mine = ++typing;
  await new Promise((later) => setTimeout(later, 180));
  if (mine !== typing) return undefined;
  const { block: block_id, action: action_id } = pick.dataset;
  const { options = [] } = await act("suggest", { ...whereIs(pick), block_id, action_id, text: words });
  if (mine !== typing) return undefined;
  list.replaceChildren(...options.map(({ value, text, about }) => {
    const item = make("li", text, { role: "option", "data-value": value });
    if (about) item.append(make("small", about));
    return item;
  }));
  if (!options.length) list.append(make("li", "No results", { class: "none" }));
  return showOffers(pick, $$("li", list), "");
}

function showOffers(pick, items, words) {
  const held = new Set($$(".picked li", pick).map((item) => item.dataset.value));
  for (const item of items) item.hidden = held.has(item.dataset.value) || !item.textContent.toLowerCase().includes(words);
  items.forEach((item, n) => (item.id = `${$("input", pick).id}-o${n}`));
  $(".offers", pick).hidden = false;
  $("input", pick).setAttribute("aria-expanded", "true");
  choose($(".offers", pick), $("input", pick), 0, true);
}

function closeOffers(pick) {
  $(".offers", pick).hidden = true;
  $("input", pick).setAttribute("aria-expanded", "false");
  $("input", pick).removeAttribute("aria-activedescendant");
}

// Moves the mark in a list of options; `from` is where it stands, or the first when `fresh`.
function choose(list, input, step, fresh = false) {
  const items = $$('[role="option"]:not([hidden])', list);
  const before = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const at = fresh ? 0 : (before + step + items.length) % items.length;
  $$('[role="option"]', list).forEach((item) => item.setAttribute("aria-selected", String(item === items[at])));
  items[at]?.scrollIntoView({ block: "nearest" });
  if (items[at]) input.setAttribute("aria-activedescendant", items[at].id);
  else input.removeAttribute("aria-activedescendant");
}

function take(pick, item) {
  const one = make("li", "", { "data-value": item.dataset.value });
  const name = item.firstChild.textContent;
  one.append(make("span", name), make("button", "×", { type: "button", "aria-label": `Remove ${name}` }));
  const picked = $(".picked", pick);
  if (!pick.dataset.many) picked.replaceChildren();
  if (picked.children.length < Number(pick.dataset.many || 1)) picked.append(one);
  $("input", pick).value = "";
  closeOffers(pick);
  $("input", pick).focus();
  if (pick.dataset.live !== undefined) press(pick);
}

function pickKey(event, pick) {
  const list = $(".offers", pick);
  const marked = $('[aria-selected="true"]:not([hidden])', list);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) offer(pick);
    else choose(list, event.target, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (!list.hidden && marked) take(pick, marked);
  } else if (event.key === "Escape" && !list.hidden) {
    event.stopPropagation();
    closeOffers(pick);
  } else if (event.key === "Backspace" && !event.target.value) $(".picked li:last-child", pick)?.remove();
}

// ---- The composer

const memory = () => JSON.parse(sessionStorage.getItem(`typed-${here().user}`) || "[]");
let back = 0;

function recall(box, step) {
  const typed = memory();
  back = Math.min(Math.max(back + step, 0), typed.length);
  box.value = back ? typed[typed.length - back] : "";
  hint(box);
}

async function send(form) {
  const box = $("textarea", form);
  const text = box.value.trim();
  if (!text) return;
  box.value = "";
  back = 0;
  hint(box);
  const typed = memory();
  sessionStorage.setItem(`typed-${here().user}`, JSON.stringify([...typed.filter((each) => each !== text), text].slice(-50)));
  const thread = form.closest("#thread") ? here().thread : undefined;
  if (text.startsWith("/") && thread) return toast("Slack knows no slash commands in threads. Use a message's menu there.");
  const sent = text.startsWith("/") ? () => act("command", { text }) : () => act("say", { text, thread });
  const told = await busy($(".send", form), sent);
  if (told?.problem && !box.value) box.value = text;
}

function hint(box) {
  if (box.id !== "say") return;
  const list = $("#hints");
  const typed = box.value.toLowerCase();
  const fits = (item) => item.dataset.line.startsWith(typed) || "/crm ".startsWith(typed);
  const wanted = typed.startsWith("/") && !typed.includes("\n");
  for (const item of list.children) item.hidden = !(wanted && fits(item)) || item.dataset.line.trim() === typed.trim();
  list.hidden = !$$("li:not([hidden])", list).length;
  $$("li", list).forEach((item) => item.setAttribute("aria-selected", "false"));
  box.removeAttribute("aria-activedescendant");
}

function takeHint(item) {
  const box = $("#say");
  box.value = item.dataset.line;
  hint(box);
  box.focus();
}

function composerKey(event) {
  const box = event.target;
  const list = $("#hints");
  const hints = box.id === "say" && !list.hidden;
  const marked = $('[aria-selected="true"]', list);
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (hints && marked) takeHint(marked);
    else send(box.form);
  } else if (event.key === "Tab" && hints && !event.shiftKey) {
    event.preventDefault();
    takeHint(marked || $("li:not([hidden])", list));
  } else if (event.key === "Escape" && hints) list.hidden = true;
  else if (event.key === "ArrowUp" && (!box.value || back)) event.preventDefault(), recall(box, 1);
  else if (event.key === "ArrowDown" && back) event.preventDefault(), recall(box, -1);
  else if (hints && event.key.startsWith("Arrow") && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    choose(list, box, event.key === "ArrowDown" ? 1 : -1);
  }
}

// ---- Small things

const DO = {
  reset: async (button) => {
    await busy(button, () => act("reset"));
    sessionStorage.clear();
    history.replaceState(null, "", "/");
    location.reload();
  },
  theme: () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    localStorage.setItem("theme", (document.documentElement.dataset.theme = dark ? "light" : "dark"));
  },
  curtain: () => ($("#app").dataset.curtain = $("#app").dataset.curtain === "off" ? "on" : "off"),
  guide: () => (sessionStorage.setItem("guide", "off"), guideSettles()),
  close: () => act("close", { view: $("form.modal").dataset.view }),
  "close-all": () => act("close", { view: $("form.modal").dataset.view, all: true }),
  change: async (button) => {
    const told = await busy(button, () => act("change"));
    if (told?.said) toast(told.said);
  },
};

function guideSettles() {
  if (sessionStorage.getItem("guide") === "off") $("#guide").hidden = true;
  const line = landing && document.getElementById(landing);
  if (line) pointAt(line), (landing = "");
}

function pointAt(line) {
  line.scrollIntoView({ block: "center" });
  line.classList.add("pointed");
  setTimeout(() => line.classList.remove("pointed"), 4000);
}

function showMenu(id) {
  const line = document.getElementById(id);
  if (!line) return;
  pointAt(line);
  const menu = $(".tools .menu", line);
  menu.open = true;
  $("button", menu).focus();
}

async function clicked(event) {
  const on = (selector) => event.target.closest?.(selector);
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  for (const pick of $$(".pick")) if (!pick.contains(event.target)) closeOffers(pick);
  const found = on("a[data-go]") || on("[data-press]") || on("[data-do]") || on("[data-shortcut]") || on("[data-fault]") || on("[data-bot]") || on("[data-type]") || on("[data-point]") || on(".offers [data-value]") || on(".picked button") || on("#hints li");
  if (!found || event.ctrlKey || event.metaKey) return;
  const is = found.dataset;
  if (is.go !== undefined) event.preventDefault(), go(found);
  else if (is.press !== undefined) await press(found);
  else if (is.do) await DO[is.do](found);
  else if (is.shortcut) await shortcut(found);
  else if (is.fault) await busy(found, () => act("fault", { name: is.fault, on: found.getAttribute("aria-checked") !== "true" }));
  else if (is.bot) await busy(found, () => act("bot", { do: is.bot }));
  else if (is.type) takeText(is.type);
  else if (is.point) showMenu(is.point);
  else if (found.matches("#hints li")) takeHint(found);
  else if (found.matches(".picked button")) found.closest("li").remove();
  else take(found.closest(".pick"), found);
}

async function shortcut(item) {
  const { channel, ts } = item.closest("[data-ts]").dataset;
  const menu = item.closest("details");
  menu.open = false;
  $("summary", menu).focus();
  await act("shortcut", { callback_id: item.dataset.shortcut, channel, ts });
}

function takeText(text) {
  $("#say").value = text;
  $("#say").focus();
}

function pressedKey(event) {
  const { target, key } = event;
  const offersOpen = Boolean($(".offers:not([hidden])"));
  if (target.matches?.(".composer textarea")) return composerKey(event);
  if (target.matches?.(".pick > input") && !event.isComposing) pickKey(event, target.closest(".pick"));
  const menu = target.closest?.("details.menu[open]");
  if (menu && key === "Escape") menu.open = false, $("summary", menu).focus(), event.stopPropagation();
  else if (menu && ["ArrowDown", "ArrowUp"].includes(key)) event.preventDefault(), walk($$("button", menu), target, key);
  else if (target.matches?.('[role="tab"]') && ["ArrowLeft", "ArrowRight"].includes(key)) walk($$('[role="tab"]'), target, key).click();
  else if (key === "Escape" && $("form.modal") && !event.defaultPrevented && !$("dialog[open]") && !offersOpen) DO.close();
  return undefined;
}

function walk(items, from, key) {
  const step = ["ArrowDown", "ArrowRight"].includes(key) ? 1 : -1;
  const next = items[(items.indexOf(from) + step + items.length) % items.length] || items[0];
  next.focus();
  return next;
}

document.addEventListener("click", clicked);
document.addEventListener("keydown", pressedKey);
document.addEventListener("input", ({ target }) => {
  if (target.matches(".composer textarea")) back = 0, hint(target);
  if (target.matches(".pick > input")) offer(target.closest(".pick"));
});
document.addEventListener("change", ({ target }) => {
  const field = target.closest("[data-live][data-field]");
  if (field && field.dataset.pick === undefined) press(field);
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.matches("dialog form")) event.target.closest("dialog").close(event.submitter?.value);
  else if (event.target.matches(".modal")) submitForm(event.target);
  else if (event.target.matches("[data-say]")) send(event.target);
});
document.addEventListener("focusin", ({ target }) => {
  if (target.matches(".pick > input") && $(".pick", target.closest("form") || document) && target.closest(".pick").dataset.asks === undefined) offer(target.closest(".pick"));
});
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.("details.menu[open]")) return;
  const box = target.closest(".scroll")?.getBoundingClientRect();
  target.classList.toggle("up", Boolean(box) && target.getBoundingClientRect().bottom + $(".items", target).offsetHeight > box.bottom);
}, true);

if (innerWidth <= 900) $("#app").dataset.curtain = "off"; // one thing at a time on a small window
document.documentElement.dataset.theme = localStorage.getItem("theme") || "";
settle();
listen();
if (here().place === "home") act("home");
