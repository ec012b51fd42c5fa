// Small improvements for pages that work without them. No dependency, nothing inline (CSP).
// Every listener sits on the document, so that parts of a page can be swapped freely.

const $ = (selector, from = document) => from.querySelector(selector);
const on = (type, selector, handle) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) handle(event, found);
  });

// ── saying things ────────────────────────────────────────────────────────────────────────────────
function say(text, link) {
  const toast = $("#toast");
  toast.replaceChildren(document.createTextNode(text));
  if (link) {
    const a = Object.assign(document.createElement("a"), { href: link.href, textContent: link.text });
    toast.append(" ", a);
  }
  clearTimeout(say.timer);
  say.timer = setTimeout(() => toast.matches(":hover, :focus-within") || toast.replaceChildren(), 7000);
}
const whisper = (text) => ($("#whisper").textContent = text);

// ── the cart's badge: the page is the same for everybody, the number is in a cookie ──────────────
function showCount(count = Number(document.cookie.match(/(?:^|; )cart_count=(\d+)/)?.[1] ?? 0)) {
  const badge = $("[data-cart-count]");
  if (!badge) return;
  badge.hidden = !count;
  badge.textContent = count;
  $("[data-cart-link]").setAttribute("aria-label", count ? `Cart, ${count} article${count === 1 ? "" : "s"}` : "Cart, empty");
}
addEventListener("pageshow", () => showCount());

// ── after a refused form: begin where the explanation is ─────────────────────────────────────────
const begin = () => $("[data-focus]")?.focus();
begin();

// ── sending: a form whose answer was lost on the way is sent once more, by itself ────────────────
// The key says that it is the same wish, so what the shop did already is only answered again. A wish keeps
// its key until it is answered: pressing the button again is no second one.
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
let wish = {};
async function ask(url, options) {
  const answer = await fetch(url, options);
  return { answer, text: await answer.text() };
}
async function send(url, options) {
  const words = `${url}?${options.body}`;
  const mine = (wish = wish.words === words ? wish : { words, key: newKey() });
  const attempt = () => ask(url, { ...options, method: "POST", headers: { ...options.headers, "Idempotency-Key": mine.key } });
  let got = await attempt().catch((error) => {
    if (error.name === "AbortError") throw error;
  });
  if (!got || [502, 503, 504].includes(got.answer.status)) {
    const seconds = Number(got?.answer.headers.get("Retry-After") ?? 1);
    await new Promise((done) => setTimeout(done, Math.min(seconds || 1, 10) * 1000));
    got = await attempt();
  }
  if (got.answer.status < 500 && wish === mine) wish = {};
  return got;
}

// ── fetching a page and exchanging parts of it; focus and opened details stay ────────────────────
let newest;
async function swap(selectors, url, options = {}) {
  newest?.abort();
  newest = new AbortController();
  const { answer, text } = await (options.body ? send : ask)(url, { ...options, signal: newest.signal });
  if (answer.redirected && new URL(answer.url).pathname !== location.pathname) return location.assign(answer.url);
  const page = new DOMParser().parseFromString(text, "text/html");
  const focused = document.activeElement ?? document.body, { id, dataset, value } = focused;
  for (const selector of selectors) {
    const old = $(selector), next = $(selector, page);
    if (!next) throw new Error(`no ${selector} in ${url}`);
    const name = (details) => details.dataset.key ?? $("summary", details).textContent;
    const open = [...old.querySelectorAll("details[open]")].map(name);
    for (const details of next.querySelectorAll("details")) details.open ||= open.includes(name(details));
    options.keep?.(old, next);
    if (!old.isEqualNode(next)) old.replaceWith(next);
  }
  const again = id ? document.getElementById(id)
    : dataset.key ? $(`[data-key="${CSS.escape(dataset.key)}"]`)
    : focused.name && [...document.getElementsByName(focused.name)].find((e) => e.value === value);
  if (again && again !== document.activeElement) again.focus({ preventScroll: true });
  document.title = page.title || document.title;
}
// For `.catch`: what to do instead, unless a newer request simply took this one's place.
const otherwise = (instead) => (error) => error.name === "AbortError" || instead();

// ── adding to the cart without leaving the page ──────────────────────────────────────────────────
on("submit", "form[data-add-to-cart]", async (event, form) => {
  event.preventDefault();
  const button = $("[type=submit]", form);
  button.setAttribute("aria-busy", "true");
  try {
    const { answer, text } = await send(form.action, { headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)) });
    const { count, message } = JSON.parse(text);
    showCount(count);
    say(message, answer.ok && { href: "/cart/", text: "See the cart" });
  } catch {
    say("The shop does not answer. Please press the button again in a moment: nothing is put in twice.");
  } finally {
    button.removeAttribute("aria-busy");
  }
});

// ── options: each is a link to the page with that variant; only its parts are exchanged ──────────
on("click", "a.option", async (event, link) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const address = link.href.split("#")[0];
  await swap(["#buy", ".gallery"], address).catch(otherwise(() => location.assign(link.href)));
  history.replaceState(null, "", address);
  whisper([".price", ".stock"].map((s) => $(`#buy ${s}`)?.textContent.trim()).join(", "));
});
on("click", ".thumbs a", (event, link) => {
  const figure = $(link.hash);
  event.preventDefault();
  figure.parentElement.scrollTo({ left: figure.offsetLeft - figure.parentElement.offsetLeft, behavior: "smooth" });
});

// ── filters apply themselves ─────────────────────────────────────────────────────────────────────
on("change", "form.filters", async (_event, form) => {
  const words = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const address = `${form.getAttribute("action")}?${words}`;
  await swap([".listing"], address).catch(otherwise(() => location.assign(address)));
  history.replaceState(null, "", address);
  whisper($("#results")?.textContent ?? "");
});
document.addEventListener("click", ({ target }) => {
  for (const open of document.querySelectorAll("details.facet[open]")) open.contains(target) || (open.open = false);
});
on("keydown", "details.facet[open]", (event, open) => {
  if (event.key !== "Escape") return;
  open.open = false;
  $("summary", open).focus();
});

// ── checkout: another country, method or code changes fields and total ───────────────────────────
// What was typed while the answer was on its way stays. The form itself must never be sent instead:
// without `update` it is an order.
function keep(old, next) {
  for (const field of old.querySelectorAll("input[id]:not([type=hidden], [type=radio]), textarea[id]")) {
    const same = next.querySelector(`#${CSS.escape(field.id)}`);
    if (same) Object.assign(same, { value: field.value, checked: field.checked });
  }
}
async function update(form, what) {
  const body = new URLSearchParams(new FormData(form));
  body.set("update", what);
  form.setAttribute("aria-busy", "true");
  await swap(["form[data-checkout]"], form.action, { body, keep }).catch(otherwise(() => say("The shop does not answer. Please try again in a moment.")));
  form.removeAttribute("aria-busy");
  whisper(`Total ${$("[data-total]")?.textContent}`);
}
on("change", "[data-checkout] [data-update]", (event, part) => update(part.closest("form"), event.target.name));
on("click", "[data-checkout] button[name=update]", (event, button) => {
  event.preventDefault();
  update(button.form, button.value);
});

// ── the cart: every form answers with the cart; quantities and the country apply themselves ──────
on("submit", ".cart form", async (event, form) => {
  event.preventDefault();
  await swap(["#main"], form.action, { body: new URLSearchParams(new FormData(form)) }).catch(otherwise(() => form.submit()));
  showCount();
  begin();
  whisper($(".totals .total")?.textContent ?? "Your cart is empty");
});
on("change", ".cart .quantity input, .cart .estimate select", (_event, field) => field.form.requestSubmit());

// ── live: the page says which channel; whatever is told there means "look again" ─────────────────
function listen({ id, dataset }) {
  const source = new EventSource(`/live/?channel=${encodeURIComponent(dataset.live)}`);
  const look = async () => {
    const before = $("h1").textContent;
    await swap([`#${id}`], location.href).catch(() => {}); // a courtesy: the page can be loaded again
    if ($("h1").textContent !== before) whisper($("h1").textContent);
  };
  // "open": something may have happened between the page and the stream, or while it was down.
  for (const type of ["open", "order", "stock", "resync"]) source.addEventListener(type, look);
  addEventListener("pagehide", () => source.close(), { once: true });
}
document.querySelectorAll("[data-live]").forEach(listen);

// ── search suggestions: a combobox (ARIA 1.2) over the links that the server offers ──────────────
const box = $("form[data-suggest]"), input = box && $("input[type=search]", box);
if (input) {
  let list, chosen = -1, timer;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "suggestions" })) input.setAttribute(name, value);
  const close = () => {
    list?.remove();
    list = null;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    const items = [...list.children];
    chosen = (index + items.length + 1) % (items.length + 1);
    items.forEach((item, n) => item.setAttribute("aria-selected", n === chosen));
    const item = items[chosen];
    item ? input.setAttribute("aria-activedescendant", item.id) : input.removeAttribute("aria-activedescendant");
  };
  const suggest = async () => {
    const words = input.value.trim();
    if (words.length < 2) return close();
    const answer = await fetch(`${box.dataset.suggest}?${new URLSearchParams({ q: words })}`);
    const found = $("ul", new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (input.value.trim() !== words || document.activeElement !== input) return;
    close();
    if (!found) return;
    list = Object.assign(found, { id: "suggestions", role: "listbox", ariaLabel: "Suggestions" });
    [...list.children].forEach((item, n) => {
      const link = $("a", item), text = document.createElement("span");
      text.textContent = link.textContent;
      Object.assign(item, { id: `suggestion-${n}`, role: "option", ariaSelected: "false" }).dataset.href = link.href;
      link.replaceWith(text);
    });
    box.append(list);
    input.setAttribute("aria-expanded", "true");
    whisper(`${list.children.length} suggestions`);
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, 120);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list) event.preventDefault(), close();
    else if (event.key === "ArrowDown" && list) event.preventDefault(), choose(chosen + 1);
    else if (event.key === "ArrowUp" && list) event.preventDefault(), choose(chosen < 0 ? list.children.length - 1 : chosen - 1);
    else if (event.key === "Enter" && list?.children[chosen]) event.preventDefault(), location.assign(list.children[chosen].dataset.href);
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  box.addEventListener("mousedown", (event) => {
    const item = event.target.closest("[role=option]");
    if (item) event.preventDefault(), location.assign(item.dataset.href);
  });
}
