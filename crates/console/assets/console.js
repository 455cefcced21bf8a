// The console's script: it makes pages quicker that work without it.
//
// Links and forms are fetched, and the page that comes takes the place of the one that is shown. What a page needs
// besides it says in data- attributes, each of which is described where it is handled here; data-theme and the
// data-label of table cells are the style sheet's.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// ---- Going from page to page -------------------------------------------------------------------------------------

let underway = null;

/** Fetches a page and shows it. What cannot be fetched is left to the browser, which has a page for that. */
async function go(url, { method = "GET", body = null, remember = true, results = false } = {}) {
  underway?.abort();
  const mine = (underway = new AbortController());
  const main = $("#main");
  const slow = setTimeout(() => main.classList.add("is-loading"), 120);
  try {
    const answer = await fetch(url, {
      method,
      body,
      signal: mine.signal,
      credentials: "same-origin",
      headers: { Accept: "text/html" },
    });
    if (!answer.headers.get("content-type")?.startsWith("text/html")) return location.assign(url);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine.signal.aborted) return;
    online(true);
    // Where a form was answered without going elsewhere, the address stays that of the page it stands on.
    const address = method === "GET" || answer.redirected ? answer.url : location.href;
    if (remember && address !== location.href) history.pushState(null, "", address);
    show(page, { results, samePath: new URL(address).pathname === shownPath });
    shownPath = new URL(address).pathname;
  } catch (error) {
    if (error.name === "AbortError") return;
    online(false);
    // What was typed stays; the banner says why nothing happens.
  } finally {
    clearTimeout(slow);
    if (underway === mine) main.classList.remove("is-loading");
  }
}

let shownPath = location.pathname;

/** Puts a fetched page in the place of the one that is shown: the part with id `results` alone, if that is all. */
function show(page, { results, samePath }) {
  const [before, after] = [$("#results"), $("#results", page)];
  if (results && before && after) {
    before.replaceWith(after);
    // Forms around it lead back to where one is now.
    all("input[name=page]")
      .filter((field) => !after.contains(field))
      .forEach((field) => (field.value = location.pathname + location.search));
    enhance(after);
  } else {
    const root = document.documentElement;
    root.lang = page.documentElement.lang;
    const theme = page.documentElement.dataset.theme;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    const at = scrollY;
    const focused = document.activeElement?.id;
    document.body.replaceWith(page.body);
    enhance(document.body);
    if (samePath) {
      scrollTo(0, at);
      const again = focused && document.getElementById(focused);
      if (again) again.focus({ preventScroll: true });
    } else {
      scrollTo(0, 0);
      ($("[autofocus]") ?? $("#main")).focus({ preventScroll: true });
    }
  }
  document.title = page.title;
}

const isOurs = (url) => url.origin === location.origin && !url.pathname.startsWith("/assets/");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (
    !link ||
    event.defaultPrevented ||
    event.button ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  )
    return;
  const url = new URL(link.href);
  const isAnchor = url.pathname === location.pathname && url.search === location.search && url.hash;
  if (link.target || link.hasAttribute("download") || !isOurs(url) || isAnchor) return;
  event.preventDefault();
  if (link.getAttribute("aria-disabled") !== "true") go(url);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const method = (button?.getAttribute("formmethod") ?? form.method).toUpperCase();
  if (event.defaultPrevented || method === "DIALOG") return;
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (question && !form.confirmed) {
    event.preventDefault();
    ask(question, button, () => {
      form.confirmed = true;
      form.requestSubmit(button);
      form.confirmed = false;
    });
    return;
  }
  event.preventDefault();
  send(form, button, method);
});

function send(form, button, method) {
  const url = new URL(
    button?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href,
    location.href,
  );
  const fields = new URLSearchParams(new FormData(form, button));
  if (method === "GET") {
    for (const [name, value] of [...fields]) if (value === "") fields.delete(name, value);
    url.search = fields;
    go(url, { results: "live" in form.dataset });
  } else {
    go(url, { method, body: fields });
  }
}

addEventListener("popstate", () => go(location.href, { remember: false }));

// data-live: a form of filters that is sent while one types, and when something else of it changes.
let typing = 0;
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live]");
  if (!form) return;
  clearTimeout(typing);
  typing = setTimeout(
    () => form.isConnected && send(form, null, "GET"),
    event.target.matches("input[type=search]") ? 200 : 0,
  );
});

// ---- Dialogs -----------------------------------------------------------------------------------------------------

/**
 * data-confirm="question": asks before something is done that cannot be undone easily. The dialog's button is named
 * after the one that was pressed, or else by its data-label.
 */
function ask(question, button, then) {
  const dialog = $("#confirm");
  if (!dialog) return then();
  $("#confirm-text").textContent = question;
  const yes = $("[value=yes]", dialog);
  yes.textContent = button?.textContent.trim() || yes.dataset.label;
  yes.classList.toggle("danger", button?.classList.contains("danger") ?? false);
  dialog.returnValue = "";
  dialog.onclose = () => dialog.returnValue === "yes" && then();
  dialog.showModal();
}

/** data-palette: finds users and pages from wherever one is. */
const palette = {
  open() {
    const dialog = $("#palette");
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const field = $("input", dialog);
    field.value = "";
    field.focus();
    palette.look("");
  },
  async look(words) {
    const list = $("#palette .palette-list");
    try {
      const answer = await fetch(`/find?q=${encodeURIComponent(words)}`, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if ($("#palette input").value !== words) return;
      list.replaceChildren(...($("#found", page)?.childNodes ?? []));
      all("a", list).forEach((option, at) => {
        option.id = `palette-${at}`;
        option.setAttribute("role", "option");
      });
      // A list box holds options alone.
      all("h2", list).forEach((heading) => heading.setAttribute("aria-hidden", "true"));
      all("p", list).forEach((nothing) => nothing.setAttribute("role", "option"));
      palette.choose(all("a", list)[0]);
    } catch {
      online(false);
    }
  },
  choose(option) {
    const list = $("#palette .palette-list");
    all("[aria-selected]", list).forEach((other) => other.removeAttribute("aria-selected"));
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    $("#palette input").setAttribute("aria-activedescendant", option?.id ?? "");
  },
  move(by) {
    const options = all("#palette .palette-list a");
    const at = options.findIndex((option) => option.hasAttribute("aria-selected"));
    palette.choose(options[(at + by + options.length) % options.length]);
  },
};

document.addEventListener(
  "click",
  (event) => {
    if (event.target.closest("[data-palette]")) {
      event.preventDefault();
      palette.open();
    } else if (event.target.closest("#palette a")) {
      $("#palette").close();
    } else if (event.target.matches("dialog[open]")) {
      event.target.close(); // its backdrop
    }
  },
  true,
);

document.addEventListener("input", (event) => {
  if (!event.target.matches("#palette input")) return;
  const words = event.target.value;
  setTimeout(() => event.target.value === words && palette.look(words), 120);
});

// ---- Keyboard ----------------------------------------------------------------------------------------------------

// data-search: the field that "/" leads to.
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return palette.open();
  }
  if ($("#palette")?.open) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      palette.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      $("#palette [aria-selected]")?.click();
    }
    return;
  }
  if (event.key === "Escape") return all("details.menu[open]").forEach((menu) => (menu.open = false));
  const isTyping = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (event.key === "/" && $("[data-search]")) {
    event.preventDefault();
    $("[data-search]").focus();
  } else if (event.key === "j" || event.key === "k") {
    moveRow(event.key === "j" ? 1 : -1);
  }
});

/** data-row: what j and k move over. The row's first link has the focus, so that Enter opens it. */
function moveRow(by) {
  const rows = all("[data-row]");
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? rows[by > 0 ? 0 : rows.length - 1] : rows[at + by];
  $("a[href]", next ?? document.createElement("p"))?.focus();
}

// ---- What pages have -----------------------------------------------------------------------------------------------

// data-copy="id" copies that element's text, and then says data-done. data-reveal="id" shows a password. data-close
// closes a message.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-reveal], [data-close]");
  if (!button) return;
  const { copy, reveal } = button.dataset;
  if (copy) {
    try {
      await navigator.clipboard.writeText(document.getElementById(copy).textContent.trim());
      button.textContent = button.dataset.done ?? "✓";
    } catch {
      getSelection().selectAllChildren(document.getElementById(copy));
    }
  } else if (reveal) {
    const field = document.getElementById(reveal);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  } else {
    button.closest(".toast, .notice")?.remove();
  }
});

// data-pick-all ticks every box of the list.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) all(".pick").forEach((box) => (box.checked = event.target.checked));
});

// data-strength="id": says in that element how good a new password is, while it is typed. Its data-score, 0 to 5, is
// for the style sheet.
let judging = 0;
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!("strength" in field.dataset)) return;
  clearTimeout(judging);
  judging = setTimeout(async () => {
    const meter = document.getElementById(field.dataset.strength);
    const csrf = $("[name=csrf]", field.form).value;
    const body = new URLSearchParams({ csrf, page: location.pathname, new_password: field.value });
    const answer = await fetch("/account/password-strength", { method: "POST", body }).catch(() => null);
    if (!answer?.ok || !meter) return;
    const { score, label, weaknesses } = await answer.json();
    meter.dataset.score = field.value ? score + 1 : 0;
    $("b", meter).textContent = field.value ? label : "";
    const list = document.getElementById(`${meter.id}-why`);
    list?.replaceChildren(
      ...weaknesses.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
  }, 250);
});

/** Tells that nobody answers, and that somebody does again. */
function online(is) {
  const banner = $("#offline");
  if (banner) banner.hidden = is;
}
addEventListener("offline", () => online(false));
addEventListener("online", () => online(true));

/** Makes what only the script can do appear, in what has just come. */
function enhance(within) {
  all("[data-copy], [data-reveal], [data-close], [data-pick-all]", within).forEach((button) => (button.hidden = false));
  // The server writes UTC; who points at a time sees their own.
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "long" });
  all("time[datetime*=T]", within).forEach((time) => (time.title = format.format(new Date(time.dateTime))));
  all(".toast:not(.error)", within).forEach((toast) =>
    setTimeout(() => toast.matches(":hover, :focus-within") || toast.remove(), 8000),
  );
  all("[data-seconds]", within).forEach(countDown);
  listen();
}

/** data-seconds="n": counts down, and then follows the link with data-retry. */
function countDown(timer) {
  const until = Date.now() + timer.dataset.seconds * 1000;
  const tick = setInterval(() => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    timer.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (!timer.isConnected || left === 0) clearInterval(tick);
    if (timer.isConnected && left === 0) $("[data-retry]")?.click();
  }, 1000);
}

let events = null;

/** data-events="address": what the server sends takes the place of what is in there. */
function listen() {
  const target = $("[data-events]");
  if (events && events.target === target) return;
  events?.source.close();
  events = null;
  if (!target) return;
  const source = new EventSource(target.dataset.events);
  source.onmessage = (event) => {
    target.innerHTML = event.data;
    online(true);
  };
  // The session is kept open by people, not by screens.
  source.addEventListener("stale", () => {
    source.close();
    const touched = () => {
      removeEventListener("pointerdown", touched);
      removeEventListener("keydown", touched);
      if (target.isConnected) go(location.href, { remember: false });
    };
    addEventListener("pointerdown", touched);
    addEventListener("keydown", touched);
  });
  source.addEventListener("over", () => {
    source.close();
    go(location.href, { remember: false });
  });
  events = { target, source };
}

enhance(document.body);
