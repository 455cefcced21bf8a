// The console's script. It speeds up pages, which also work without it.
//
// It fetches links and forms and replaces the current page with the response. Pages configure other behaviour with
// data- attributes, each documented at its handler. data-theme and the data-label of table cells belong to the style
// sheet.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// ---- Navigation --------------------------------------------------------------------------------------------------

let currentNavigation = null;

/** Fetches a page and shows it. Leaves responses other than HTML to the browser. */
async function navigate(url, { method = "GET", body = null, addToHistory = true, resultsOnly = false } = {}) {
  currentNavigation?.abort();
  const controller = (currentNavigation = new AbortController());
  const main = $("#main");
  const loadingTimer = setTimeout(() => main.classList.add("is-loading"), 120);
  try {
    const response = await fetch(url, {
      method,
      body,
      signal: controller.signal,
      credentials: "same-origin",
      headers: { Accept: "text/html" },
    });
    if (!response.headers.get("content-type")?.startsWith("text/html")) return location.assign(url);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (controller.signal.aborted) return;
    setOnline(true);
    // If a form responds without a redirect, the URL stays that of its page.
    const address = method === "GET" || response.redirected ? response.url : location.href;
    if (addToHistory && address !== location.href) history.pushState(null, "", address);
    const isRejected = method !== "GET" && !response.ok;
    show(page, { resultsOnly, samePath: new URL(address).pathname === shownPath, isRejected });
    shownPath = new URL(address).pathname;
  } catch (error) {
    if (error.name === "AbortError") return;
    setOnline(false);
    // Typed fields stay; the banner explains the failure.
  } finally {
    clearTimeout(loadingTimer);
    if (currentNavigation === controller) main.classList.remove("is-loading");
  }
}

let shownPath = location.pathname;

/**
 * Replaces the current page with a fetched one, or only the element with id `results`. After a rejected form, the first
 * invalid field has the focus.
 */
function show(page, { resultsOnly, samePath, isRejected }) {
  const [before, after] = [$("#results"), $("#results", page)];
  if (resultsOnly && before && after) {
    before.replaceWith(after);
    // The surrounding forms return to the current URL.
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
    const scrollPosition = scrollY;
    const focused = document.activeElement?.id;
    document.body.replaceWith(page.body);
    enhance(document.body);
    if (samePath) {
      scrollTo(0, scrollPosition);
      const restored = focused ? document.getElementById(focused) : null;
      const invalid = isRejected ? $("[aria-invalid=true], [autofocus]") : null;
      if (invalid) invalid.focus();
      else (restored ?? (isRejected ? $("#main") : null))?.focus({ preventScroll: true });
    } else {
      scrollTo(0, 0);
      ($("[autofocus]") ?? $("#main")).focus({ preventScroll: true });
    }
  }
  document.title = page.title;
}

const isConsolePage = (url) => url.origin === location.origin && !url.pathname.startsWith("/assets/");

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
  if (link.target || link.hasAttribute("download") || !isConsolePage(url) || isAnchor) return;
  event.preventDefault();
  if (link.getAttribute("aria-disabled") !== "true") navigate(url);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const method = (button?.getAttribute("formmethod") ?? form.method).toUpperCase();
  // The Enter key that ends a composition does not submit, and a form is not submitted twice.
  if (isComposed || form.ariaBusy === "true") return event.preventDefault();
  if (event.defaultPrevented || method === "DIALOG") return;
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (question && !form.confirmed) {
    event.preventDefault();
    confirmAction(question, button, () => {
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
    navigate(url, { resultsOnly: "live" in form.dataset });
  } else {
    const focused = document.activeElement;
    setBusy(form, true);
    navigate(url, { method, body: fields }).finally(() => {
      setBusy(form, false);
      // A disabled button loses the focus.
      if (focused?.isConnected && document.activeElement === document.body) focused.focus({ preventScroll: true });
    });
  }
}

/** Marks a form as busy or idle. The buttons of a busy form are disabled. */
function setBusy(form, busy) {
  form.ariaBusy = busy ? "true" : null;
  for (const control of form.elements) if (control.type === "submit") control.disabled = busy;
}

// The back/forward cache may restore a page whose forms were busy.
addEventListener("pageshow", (event) => {
  if (event.persisted) all("form[aria-busy]").forEach((form) => setBusy(form, false));
});

// Ignores the second click of a double click: another button may have taken the place of the first.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest("button");
    if (event.detail > 1 && button?.type === "submit" && button.form && button.form.method !== "get") {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);

addEventListener("popstate", () => navigate(location.href, { addToHistory: false }));

// data-live: a filter form that is submitted while the user types and when another field changes.
let typingTimer = 0;
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live]");
  if (!form) return;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(
    () => form.isConnected && send(form, null, "GET"),
    event.target.matches("input[type=search]") ? 200 : 0,
  );
});

// ---- Dialogs -----------------------------------------------------------------------------------------------------

/** When the confirmation dialog was last opened. */
let confirmOpenedAt = -Infinity;

/**
 * data-confirm="question": asks for confirmation before an action that is hard to undo. The dialog's button has the
 * text of the pressed button, or else its own data-label.
 */
function confirmAction(question, button, then) {
  const dialog = $("#confirm");
  if (!dialog) return then();
  $("#confirm-text").textContent = question;
  const yes = $("[value=yes]", dialog);
  yes.textContent = button?.textContent.trim() || yes.dataset.label;
  yes.classList.toggle("danger", button?.classList.contains("danger") ?? false);
  dialog.returnValue = "";
  confirmOpenedAt = performance.now();
  dialog.onclose = () => dialog.returnValue === "yes" && then();
  dialog.showModal();
}

/**
 * data-palette: finds users and pages from any page. Enter opens the selected result of the current query, once the
 * results have arrived. The list has the texts of its states: data-searching and data-failed.
 */
const palette = {
  /** The query of the shown results. */
  shownQuery: null,
  /** The controller of the current request. */
  request: null,
  /** The query for which Enter was pressed before its results arrived. */
  pendingQuery: null,

  open() {
    const dialog = $("#palette");
    if (!dialog || $("dialog[open]")) return;
    dialog.showModal();
    dialog.onclose = () => palette.request?.abort();
    const field = $("input", dialog);
    field.value = "";
    field.focus();
    palette.clear();
    palette.search();
  },

  clear() {
    $("#palette .palette-list").replaceChildren();
    palette.shownQuery = palette.pendingQuery = null;
  },

  /** Fetches the results of the current query and cancels any other request. */
  async search() {
    const list = $("#palette .palette-list");
    const query = $("#palette input").value;
    palette.request?.abort();
    const controller = (palette.request = new AbortController());
    palette.setState(list.dataset.searching);
    try {
      const response = await fetch(`/find?q=${encodeURIComponent(query)}`, {
        signal: controller.signal,
        credentials: "same-origin",
      });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (controller.signal.aborted) return;
      const results = $("#found", page);
      // The session has ended: reloading this page leads to the sign-in and back.
      if (response.redirected) return navigate(location.href, { addToHistory: false });
      if (!results) throw new Error(`status ${response.status}`);
      setOnline(true);
      palette.show(query, results);
    } catch (error) {
      if (error.name === "AbortError") return;
      palette.clear();
      palette.setState(list.dataset.failed);
      if (error instanceof TypeError) setOnline(false);
    } finally {
      if (palette.request === controller) palette.request = null;
    }
  },

  show(query, results) {
    const list = $("#palette .palette-list");
    palette.setState("");
    palette.shownQuery = query;
    list.replaceChildren(...results.childNodes);
    all("a", list).forEach((option, at) => {
      option.id = `palette-${at}`;
      option.setAttribute("role", "option");
    });
    // A list box may only contain options.
    all("h2", list).forEach((heading) => heading.setAttribute("aria-hidden", "true"));
    all("p", list).forEach((message) => message.setAttribute("role", "option"));
    palette.select(all("a", list)[0]);
    if (palette.pendingQuery === query) palette.enter();
  },

  setState(text) {
    $("#palette-state").textContent = text;
  },

  /** Opens the selected result, once the results of the current query have arrived. */
  enter() {
    const query = $("#palette input").value;
    palette.pendingQuery = null;
    if (palette.shownQuery === query) return $("#palette [aria-selected]")?.click();
    palette.pendingQuery = query;
    palette.search();
  },

  select(option) {
    const list = $("#palette .palette-list");
    all("[aria-selected]", list).forEach((other) => other.removeAttribute("aria-selected"));
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    $("#palette input").setAttribute("aria-activedescendant", option?.id ?? "");
  },

  move(by) {
    const options = all("#palette .palette-list a");
    const at = options.findIndex((option) => option.hasAttribute("aria-selected"));
    palette.select(options[(at + by + options.length) % options.length]);
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
    } else if (event.target.matches("dialog[open]") && event.timeStamp - confirmOpenedAt > 500) {
      event.target.close(); // a click on the backdrop, except the second one of the double click that opened it
    }
  },
  true,
);

document.addEventListener("input", (event) => {
  if (!event.target.matches("#palette input")) return;
  const query = event.target.value;
  palette.pendingQuery = null;
  if (palette.shownQuery !== query) palette.setState($("#palette .palette-list").dataset.searching);
  setTimeout(() => {
    const isCurrent = $("#palette")?.open && event.target.value === query && palette.pendingQuery === null;
    if (isCurrent && palette.shownQuery !== query) palette.search();
  }, 120);
});

// ---- Keyboard ----------------------------------------------------------------------------------------------------

// While text is composed, for example in Korean, keys belong to the input method. Key code 229 marks such a key: some
// browsers end the composition before they report the key that ended it.
let isComposing = false;
let isComposed = false;
for (const type of ["compositionstart", "compositionend", "focusin"])
  document.addEventListener(type, () => (isComposing = type === "compositionstart"), true);
document.addEventListener(
  "keydown",
  (event) => (isComposed = isComposing || event.isComposing || event.keyCode === 229),
  true,
);
for (const type of ["keyup", "pointerdown"]) document.addEventListener(type, () => (isComposed = false), true);
document.addEventListener("cancel", (event) => isComposed && event.preventDefault(), true);

// data-search: the field that "/" focuses.
document.addEventListener("keydown", (event) => {
  if (isComposed) return;
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
      palette.enter();
    } else if (event.key === "Escape") {
      // Browsers would clear the field first.
      event.preventDefault();
      $("#palette").close();
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

/** data-row: a row that j and k move to. They focus its first link, so that Enter opens it. */
function moveRow(by) {
  const rows = all("[data-row]");
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? rows[by > 0 ? 0 : rows.length - 1] : rows[at + by];
  $("a[href]", next ?? document.createElement("p"))?.focus();
}

// ---- Page elements -----------------------------------------------------------------------------------------------

// data-copy="id" copies that element's text and then shows data-done. data-reveal="id" toggles a password's visibility.
// data-close removes a message.
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

// data-pick-all checks every box of the list.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) all(".pick").forEach((box) => (box.checked = event.target.checked));
});

// data-strength="id": shows the strength of a new password in that element while the user types. data-strength-from rates
// it. The element's data-score, 0 to 5, is for the style sheet.
let strengthTimer = 0;
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!("strength" in field.dataset)) return;
  clearTimeout(strengthTimer);
  strengthTimer = setTimeout(async () => {
    const meter = document.getElementById(field.dataset.strength);
    const csrf = $("[name=csrf]", field.form).value;
    const body = new URLSearchParams({ csrf, page: location.pathname, new_password: field.value });
    const response = await fetch(field.dataset.strengthFrom, { method: "POST", body }).catch(() => null);
    if (!response?.ok || !meter) return;
    const { score, label, weaknesses } = await response.json();
    meter.dataset.score = field.value ? score + 1 : 0;
    $("b", meter).textContent = field.value ? label : "";
    const list = document.getElementById(`${meter.id}-why`);
    list?.replaceChildren(
      ...weaknesses.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
  }, 250);
});

/** Hides or shows the banner for a server that does not respond. */
function setOnline(isOnline) {
  const banner = $("#offline");
  if (banner) banner.hidden = isOnline;
}
addEventListener("offline", () => setOnline(false));
addEventListener("online", () => setOnline(true));

/** Reveals and initialises the elements that need the script. */
function enhance(within) {
  all("[data-copy], [data-reveal], [data-close], [data-pick-all]", within).forEach((button) => (button.hidden = false));
  // The server formats times in UTC; the tooltip has the browser's time zone.
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "long" });
  all("time[datetime*=T]", within).forEach((time) => (time.title = format.format(new Date(time.dateTime))));
  all(".toast:not(.error)", within).forEach((toast) =>
    setTimeout(() => toast.matches(":hover, :focus-within") || toast.remove(), 8000),
  );
  all("[data-seconds]", within).forEach(countDown);
  listen();
}

/** data-seconds="n": counts down, then follows the link with data-retry. */
function countDown(timer) {
  const until = Date.now() + timer.dataset.seconds * 1000;
  const tick = setInterval(() => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    timer.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (!timer.isConnected || left === 0) clearInterval(tick);
    if (timer.isConnected && left === 0) $("[data-retry]")?.click();
  }, 1000);
}

// ---- Events ------------------------------------------------------------------------------------------------------

/** The current subscription: its element, and the controller that ends it. */
let events = null;

/**
 * data-events="url": events from the server replace the element's content while the page is visible. A browser opens
 * six connections per host for all windows (HTTP/1.1). A window that becomes visible again receives the current
 * content.
 */
function listen() {
  const target = document.hidden ? null : $("[data-events]");
  if ((events?.target ?? null) === target) return;
  stopListening();
  if (!target) return;
  events = { target, controller: new AbortController() };
  shareStream(target, events.controller.signal);
}

function stopListening() {
  events?.controller.abort();
  events = null;
}

document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", stopListening);
addEventListener("pageshow", listen);

/**
 * data-channel="name": the visible windows of a session share one stream. The window that holds the lock of that name
 * opens it and broadcasts its events. Without locks, as in insecure contexts, each window opens its own stream; above
 * its limit, the server makes them poll instead.
 */
function shareStream(target, signal) {
  const show = (html) => {
    target.innerHTML = html;
    setOnline(true);
  };
  if (!navigator.locks || !window.BroadcastChannel) return openStream(target, signal, show);
  const channel = new BroadcastChannel(target.dataset.channel);
  signal.addEventListener("abort", () => channel.close());
  const follow = (event) => event.data !== null && show(event.data);
  channel.onmessage = follow;
  // Requests the latest event from the leading window.
  channel.postMessage(null);
  const lead = async () => {
    let last = null;
    channel.onmessage = (event) => event.data === null && last !== null && channel.postMessage(last);
    await openStream(target, signal, (html) => {
      last = html;
      show(html);
      channel.postMessage(html);
    });
    channel.onmessage = follow;
  };
  // Rejects when the page stops listening.
  navigator.locks.request(target.dataset.channel, { signal }, lead).catch(() => {});
}

/** Opens a stream. Resolves when it has ended and does not reconnect. */
function openStream(target, signal, show) {
  return new Promise((resolve) => {
    const source = new EventSource(target.dataset.events);
    const close = () => {
      source.close();
      resolve();
    };
    const reload = () => target.isConnected && navigate(location.href, { addToHistory: false });
    signal.addEventListener("abort", close);
    source.onmessage = (event) => show(event.data);
    // Browsers do not reconnect after an error response, such as from a proxy.
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (signal.aborted) return;
        stopListening();
        listen();
      }, 10_000);
    };
    // Only user input extends the session, not an unattended screen.
    source.addEventListener("stale", () => {
      close();
      addEventListener("pointerdown", reload, { signal, once: true });
      addEventListener("keydown", reload, { signal, once: true });
    });
    source.addEventListener("over", () => {
      close();
      reload();
    });
  });
}

enhance(document.body);
