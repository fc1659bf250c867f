// A hand-out whose pictures play and whose exercises are checked in the page.

const PROGRESS = "unplug-kit progress";

async function digest(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function joined(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

const bytesOf = (text) => new TextEncoder().encode(text);

// What was sealed with an answer, which only that answer opens; null if nothing was.
async function opened(answer, replies) {
  const key = await digest(bytesOf(answer));
  const name = [...(await digest(joined(key, bytesOf("name"))))].slice(0, 4).map((one) => one.toString(16).padStart(2, "0")).join("");
  if (!(name in replies)) return null;
  const kept = Uint8Array.from(atob(replies[name]), (one) => one.charCodeAt(0));
  for (let block = 0; block * 32 < kept.length; block += 1) {
    const stream = await digest(joined(key, new Uint8Array([0, 0, block >>> 8, block & 255])));
    for (let n = 0; n < 32 && block * 32 + n < kept.length; n += 1) kept[block * 32 + n] ^= stream[n];
  }
  return new TextDecoder().decode(kept);
}

// The reply to an answer. A script opens a word, which many have in common, and that the reply.
async function replyTo(data, at, answer) {
  let text = await opened(`${data.name}|${at}|${answer}`, data.replies[at]);
  if (data.kind === "script") text = await opened(`${data.name}|${at}|${text ?? data.otherwise}`, data.words[at]);
  return text === null ? null : { right: text[0] === "1", words: text.slice(1) };
}

// What is solved, kept in the page's own storage; where there is none, until the page is closed.
const progress = {
  kept: {},
  read() {
    try {
      this.kept = JSON.parse(localStorage.getItem(PROGRESS)) || {};
    } catch {
      this.kept = {};
    }
    return this.kept;
  },
  solved(name, at) {
    this.read();
    const places = new Set(this.kept[name] || []);
    places.add(at);
    this.kept[name] = [...places];
    try {
      localStorage.setItem(PROGRESS, JSON.stringify(this.kept));
    } catch {
      // this window has no storage: it is known until it is closed
    }
  },
};

class Exercise {
  constructor(root, data, changed) {
    this.root = root;
    this.data = data;
    this.changed = changed;
    this.at = data.at[0];
    this.chosen = [];
    this.told = null;
    this.show();
  }

  get isSolved() {
    const solved = progress.kept[this.data.name] || [];
    return this.data.at.every((at) => solved.includes(at));
  }

  show() {
    const { data } = this;
    const typed = this.field ? this.field.value : "";
    this.field = data.kind === "number" ? h("input", { type: "text", inputmode: "decimal", "aria-label": `your answer in ${data.unit}`, "data-key": "field" }) : null;
    if (this.field) {
      this.field.value = typed;
      this.field.addEventListener("keydown", (event) => event.key === "Enter" && this.check());
    }
    const places = data.at.length > 1
      ? h("p", { class: "kit-buttons" }, h("span", { class: "kit-soft" }, "asked at "), ...data.at.map((at) =>
          press(at, `at ${at}`, () => { this.at = at; if (data.kind !== "script") this.chosen = []; this.told = null; this.show(); }, { "aria-pressed": String(at === this.at) })))
      : data.at[0] ? h("p", { class: "kit-soft" }, `At ${data.at[0]}.`) : null;
    redrawn(this.root, () => this.root.replaceChildren(...[
      h("h4", {}, h("span", { class: "kit-soft" }, "Exercise: "), data.title, this.isSolved ? h("span", { class: "kit-told" }, " ✓ solved") : null),
      h("p", {}, data.question),
      places,
      ...(this.field ? [h("p", { class: "kit-buttons" }, this.field, h("span", {}, data.unit))] : data.kind === "script" ? this.script() : [this.options()]),
      h("p", { class: "kit-buttons" }, press("Check", "check", () => this.check(), { class: "kit-button kit-primary" })),
      h("div", { class: `kit-verdict ${this.told && this.told.right ? "kit-right" : ""}`, role: "status", "aria-live": "polite", hidden: !this.told }, this.told ? this.told.words : ""),
      ...data.hints.map(([name, words]) => h("details", {}, h("summary", {}, name), h("p", {}, words))),
    ].filter((part) => part)));
  }

  // the lines so far; below them a moment, and the actions that can be done then
  script() {
    const { data, chosen } = this;
    const first = chosen.length ? chosen.at(-1).moment : 0;
    this.moment = Math.max(this.moment ?? 0, first);
    const full = chosen.length >= data.most ? { disabled: true } : {};
    const lines = chosen.map((one) => h("li", {}, this.line(one)));
    return [
      h("p", { class: "kit-soft" }, data.limit),
      h("ol", { class: "kit-live-script", "aria-label": "your script" }, ...(lines.length ? lines : [h("li", { class: "kit-soft" }, "nothing yet")])),
      h("p", { class: "kit-buttons", role: "group", "aria-label": "when" }, h("span", { class: "kit-soft" }, "at "),
        ...data.moments.map((words, n) => press(words, `moment ${n}`, () => { this.moment = n; this.show(); }, { "aria-pressed": String(n === this.moment), ...(n < first ? { disabled: true } : {}) }))),
      h("p", { class: "kit-buttons", role: "group", "aria-label": "what" }, h("span", { class: "kit-soft" }, "do "),
        ...data.menu.map((action) => press(action, `do ${action}`, () => this.write([...chosen, { moment: this.moment, action }]), full)),
        press("Take back", "back", () => this.write(chosen.slice(0, -1)), chosen.length ? {} : { disabled: true })),
    ];
  }

  line({ moment, action }) {
    return `${this.data.moments[moment]}: ${action}`;
  }

  write(lines) {
    this.chosen = lines;
    this.told = null;
    this.show();
  }

  options() {
    const { data, chosen } = this;
    const number = (name) => (data.kind === "order" && chosen.includes(name) ? `${chosen.indexOf(name) + 1}. ` : "");
    return h("div", { class: "kit-live-choices", role: "group", "aria-label": "answers" }, ...data.options.map(([name, says]) =>
      press(`${number(name)}${says}`, `choose ${name}`, () => this.choose(name), { "aria-pressed": String(chosen.includes(name)) })));
  }

  choose(name) {
    const there = this.chosen.includes(name);
    if (this.data.kind === "one") this.chosen = there ? [] : [name];
    else this.chosen = there ? this.chosen.filter((one) => one !== name) : [...this.chosen, name];
    this.told = null;
    this.show();
  }

  answer() {
    const { kind } = this.data;
    if (kind === "script") return this.chosen.map((one) => this.line(one)).join("\n");
    if (kind !== "number") return (kind === "several" ? [...this.chosen].sort() : this.chosen).join(" ");
    const words = this.field.value.trim().replace("−", "-").replace(",", ".");
    if (!/^[-+]?\d{1,12}(\.\d{1,6})?$/.test(words)) return "";
    return String(Number(words));
  }

  async check() {
    const { data, at } = this;
    const answer = this.answer();
    if (!answer) {
      const empty = { number: `Write a number in digits, as 12 or 1.5; the unit, ${data.unit}, stands beside it.`, script: "Choose an action first." };
      this.told = { right: false, words: empty[data.kind] || "Choose an answer first." };
      this.show();
      return;
    }
    const found = await replyTo(data, at, answer);
    this.told = found || { right: false, words: "Not yet." };
    if (this.told.right) progress.solved(data.name, at);
    this.show();
    this.changed();
  }
}

async function start() {
  progress.read();
  const cards = [];
  const line = document.getElementById("kit-progress");
  const count = () => {
    const solved = cards.filter((card) => card.isSolved).length;
    line.replaceChildren(
      h("span", {}, `Exercises solved on this page: ${solved} of ${cards.length}. `),
      h("button", { type: "button", class: "kit-button", onclick: () => save("unplug-kit-progress.json", JSON.stringify(progress.read(), null, 2), "application/json") }, "Save my progress as a file"),
    );
    line.hidden = !cards.length;
  };
  for (const part of document.querySelectorAll(".kit-live")) {
    const data = await unpacked(part.querySelector("script"));
    const root = h("div", { class: data.view ? "kit kit-cockpit" : "kit kit-exercise" });
    part.prepend(root);
    if (data.view) new Story(root, data, () => {});
    else cards.push(new Exercise(root, data, count));
    part.classList.add("kit-plays");
  }
  count();
}

start();
