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
  // The Enter that ends a composition sends nothing, and what is under way is not sent again.
  if (isComposed || form.ariaBusy === "true") return event.preventDefault();
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
    const focused = document.activeElement;
    setBusy(form, true);
    go(url, { method, body: fields }).finally(() => {
      setBusy(form, false);
      // A button that is disabled loses the focus.
      if (focused?.isConnected && document.activeElement === document.body) focused.focus({ preventScroll: true });
    });
  }
}

/** Says that a form is under way, or is not any more. Meanwhile its buttons do nothing. */
function setBusy(form, busy) {
  form.ariaBusy = busy ? "true" : null;
  for (const control of form.elements) if (control.type === "submit") control.disabled = busy;
}

// A page that comes back as it was left may have been left in the middle of that.
addEventListener("pageshow", (event) => {
  if (event.persisted) all("form[aria-busy]").forEach((form) => setBusy(form, false));
});

// The second click of a double click means what the first one meant: by then another button may be in that place.
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

/** When a question was last asked. */
let asked = -Infinity;

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
  asked = performance.now();
  dialog.onclose = () => dialog.returnValue === "yes" && then();
  dialog.showModal();
}

/**
 * data-palette: finds users and pages from wherever one is. Enter opens what is chosen in the list of the words in the
 * field: where that list is still to come, as soon as it is there. The list says what it is meanwhile (data-searching),
 * and where there is none (data-failed).
 */
const palette = {
  /** The words that the list is of. */
  shown: null,
  /** The search that is under way. */
  search: null,
  /** The words for which Enter was pressed before their list was there. */
  opening: null,

  open() {
    const dialog = $("#palette");
    if (!dialog || $("dialog[open]")) return;
    dialog.showModal();
    dialog.onclose = () => palette.search?.abort();
    const field = $("input", dialog);
    field.value = "";
    field.focus();
    palette.clear();
    palette.look();
  },

  clear() {
    $("#palette .palette-list").replaceChildren();
    palette.shown = palette.opening = null;
  },

  /** Fetches the list of the words in the field, and gives up any other that is still to come. */
  async look() {
    const list = $("#palette .palette-list");
    const words = $("#palette input").value;
    palette.search?.abort();
    const mine = (palette.search = new AbortController());
    palette.say(list.dataset.searching);
    try {
      const answer = await fetch(`/find?q=${encodeURIComponent(words)}`, {
        signal: mine.signal,
        credentials: "same-origin",
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine.signal.aborted) return;
      const found = $("#found", page);
      // Where the session is over, this page leads to the sign-in, and back.
      if (answer.redirected) return go(location.href, { remember: false });
      if (!found) throw new Error(`status ${answer.status}`);
      online(true);
      palette.show(words, found);
    } catch (error) {
      if (error.name === "AbortError") return;
      palette.clear();
      palette.say(list.dataset.failed);
      if (error instanceof TypeError) online(false);
    } finally {
      if (palette.search === mine) palette.search = null;
    }
  },

  show(words, found) {
    const list = $("#palette .palette-list");
    palette.say("");
    palette.shown = words;
    list.replaceChildren(...found.childNodes);
    all("a", list).forEach((option, at) => {
      option.id = `palette-${at}`;
      option.setAttribute("role", "option");
    });
    // A list box holds options alone.
    all("h2", list).forEach((heading) => heading.setAttribute("aria-hidden", "true"));
    all("p", list).forEach((nothing) => nothing.setAttribute("role", "option"));
    palette.choose(all("a", list)[0]);
    if (palette.opening === words) palette.enter();
  },

  say(text) {
    $("#palette-state").textContent = text;
  },

  /** Opens what is chosen, once the list is that of the words in the field. */
  enter() {
    const words = $("#palette input").value;
    palette.opening = null;
    if (palette.shown === words) return $("#palette [aria-selected]")?.click();
    palette.opening = words;
    palette.look();
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
    } else if (event.target.matches("dialog[open]") && event.timeStamp - asked > 500) {
      event.target.close(); // its backdrop, but for the second click of the double click that opened it
    }
  },
  true,
);

document.addEventListener("input", (event) => {
  if (!event.target.matches("#palette input")) return;
  const words = event.target.value;
  palette.opening = null;
  if (palette.shown !== words) palette.say($("#palette .palette-list").dataset.searching);
  setTimeout(() => {
    const isWanted = $("#palette")?.open && event.target.value === words && palette.opening === null;
    if (isWanted && palette.shown !== words) palette.look();
  }, 120);
});

// ---- Keyboard ----------------------------------------------------------------------------------------------------

// While a text is composed, as Korean is, keys belong to the input method. 229 is the key that it has taken: some browsers
// end the composition before they tell of the key that ended it.
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

// data-search: the field that "/" leads to.
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
      // A browser would empty the field first.
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

// ---- Events ------------------------------------------------------------------------------------------------------

/** What is listened for: the element that shows it, and what ends it. */
let events = null;

/**
 * data-events="address": what the server sends takes the place of what is in there. Only while the page is visible: a
 * browser has six connections to a host for all its windows (HTTP/1.1), and one that is shown again gets it all anew.
 */
function listen() {
  const target = document.hidden ? null : $("[data-events]");
  if ((events?.target ?? null) === target) return;
  silence();
  if (!target) return;
  events = { target, end: new AbortController() };
  share(target, events.end.signal);
}

function silence() {
  events?.end.abort();
  events = null;
}

document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", silence);
addEventListener("pageshow", listen);

/**
 * data-channel="name": visible windows of one session have one stream. The one that holds the lock of that name opens
 * it, and tells the others. Where a browser has no locks, as outside of secure contexts, each opens its own, and the
 * server has all but a few ask from time to time instead.
 */
function share(target, signal) {
  const show = (html) => {
    target.innerHTML = html;
    online(true);
  };
  if (!navigator.locks || !window.BroadcastChannel) return stream(target, signal, show);
  const channel = new BroadcastChannel(target.dataset.channel);
  signal.addEventListener("abort", () => channel.close());
  const follow = (event) => event.data !== null && show(event.data);
  channel.onmessage = follow;
  // Asks for what was sent before this window came.
  channel.postMessage(null);
  const lead = async () => {
    let last = null;
    channel.onmessage = (event) => event.data === null && last !== null && channel.postMessage(last);
    await stream(target, signal, (html) => {
      last = html;
      show(html);
      channel.postMessage(html);
    });
    channel.onmessage = follow;
  };
  // Refused when the page does not listen any more.
  navigator.locks.request(target.dataset.channel, { signal }, lead).catch(() => {});
}

/** Opens the stream, and resolves when it has ended for good. */
function stream(target, signal, show) {
  return new Promise((resolve) => {
    const source = new EventSource(target.dataset.events);
    const close = () => {
      source.close();
      resolve();
    };
    const reload = () => target.isConnected && go(location.href, { remember: false });
    signal.addEventListener("abort", close);
    source.onmessage = (event) => show(event.data);
    // A browser gives up when a proxy answers in the place of the server.
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (signal.aborted) return;
        silence();
        listen();
      }, 10_000);
    };
    // The session is kept open by people, not by screens.
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
