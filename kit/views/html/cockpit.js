// The cockpit in the browser: it moves through a picture that was drawn before, and asks for more.
//
// `mount` needs a view (JSON, see kit/views/cockpit/view.py) and nothing else: without `send` the
// transport, the keys, the prediction and the events work, as in a page without a kernel.  Nothing
// is drawn here: shapes are shown, hidden and cut where the picture's data- attributes say so.
//
// A cockpit says where the learner is (kit-place), and returns there when it is told (kit-return):
// JupyterLab's extension keeps that for a kernel that has just begun.

const FRAME_MS = 1000 / 60;
const SAME_INSTANT_MS = 600;
const LONGEST_MS = 20000;
const CUT_MS = 2500;
const NS = 1e9;
const PRESENTED_PX = 22; // of the smallest words on a projector
const SMALLEST = 11; // of the words in a picture, in its units
const SVG = "http://www.w3.org/2000/svg";

function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "html") made.innerHTML = value; // written and escaped by the kernel
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // no clipboard for a page that is not secure: the old way, which needs a selection
    const area = h("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function save(name, text, type = "image/svg+xml") {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })) });
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

class Cockpit {
  constructor(root, send) {
    this.root = root;
    this.send = send;
    this.parts = {};
    this.index = 0;
    this.reached = 0;
    this.speed = 1;
    this.playing = 0;
    this.open = "";
    this.said = "";
    this.answer = null;
    this.kept = 0;
    this.clicks = [];
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    root.classList.add("kit", "kit-cockpit");
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("kit-return", (event) => this.comeBack(event.detail));
    this.build();
  }

  // -- parts -----------------------------------------------------------------------------------

  build() {
    const part = (name, tag = "div", props = {}) => {
      this.parts[name] = h(tag, { class: `kit-${name}`, ...props });
      return this.parts[name];
    };
    this.root.replaceChildren(
      part("head"),
      part("ask"),
      part("actions"),
      this.transport(),
      part("verdict", "div", { role: "status", "aria-live": "polite", tabindex: "0" }),
      part("picture", "div", { tabindex: "0", role: "group", "aria-label": "picture" }),
      h("p", { class: "kit-unseen kit-known" }),
      part("tabs", "div", { role: "tablist" }),
      part("panel", "div", { role: "tabpanel", hidden: true }),
      part("join", "div", { "aria-hidden": "true", hidden: true }),
    );
    this.parts.known = this.root.querySelector(".kit-known");
    this.parts.picture.addEventListener("scroll", () => {
      this.stick();
      this.join();
    });
    this.parts.picture.addEventListener("click", (event) => {
      const at = event.target.closest("[data-at]");
      if (at) this.go(this.indexOf(Number(at.dataset.at)));
    });
    this.parts.panel.addEventListener("click", (event) => {
      const row = event.target.closest("[data-place]");
      if (row) this.go(this.indexOf(Number(row.dataset.place)));
    });
    if (this.send) {
      new ResizeObserver(() => {
        if (!this.view) return;
        this.present(Boolean(this.root.closest(".kit-presented")));
        this.fit();
        this.measure();
        this.join();
        this.tellPlace();
      }).observe(this.parts.picture);
    }
  }

  transport() {
    const button = (name, words, label, act) =>
      (this.parts[name] = h(
        "button",
        { type: "button", class: "kit-button", "aria-label": label, title: label, onclick: act },
        words,
      ));
    const { parts } = this;
    parts.slider = h("input", { type: "range", min: 0, step: 1, "aria-label": "event" });
    parts.slider.addEventListener("input", () => this.go(Number(parts.slider.value)));
    parts.where = h("span", { class: "kit-where" });
    parts.more = h("span", { class: "kit-beside" });
    const speed = (times) => {
      const made = button(`x${times}`, `${times}×`, `Speed: ${times}×`, () => this.pace(times));
      made.setAttribute("aria-pressed", String(times === this.speed));
      return made;
    };
    return h(
      "div",
      { class: "kit-transport", role: "group", "aria-label": "move through the run" },
      button("first", "|◀", "First (Home)", () => this.go(0)),
      button("back", "◀", "Step back (left arrow)", () => this.step(-1)),
      button("play", "▶ Play", "Play or pause (space)", () => this.toggle()),
      speed(1),
      speed(4),
      button("next", "▶", "Step on (right arrow)", () => this.step(1)),
      button("last", "▶|", "Last (End)", () => this.go(this.count)),
      parts.slider,
      parts.where,
      button("differ", "Next difference", "Next difference (d)", () =>
        this.differ(),
      ),
      parts.more,
    );
  }

  // -- what the kernel says ------------------------------------------------------------------------

  update(view) {
    const focused = this.root.contains(document.activeElement) ? document.activeElement : null;
    const key = focused && focused.dataset ? focused.dataset.key : "";
    const story = this.view ? this.view.story : null;
    // a picture of another size: what the reader did since it was asked for stays
    const resized = view.resized && story === view.story;
    if (!resized) {
      this.pause();
      this.said = view.note;
    }
    this.view = view;
    this.count = view.positions.length - 1;
    if (story !== view.story) {
      // another run: what was seen or answered of the one before says nothing of it
      this.reached = 0;
      this.answer = null;
    }
    this.fill("actions", view.actions, () => this.groups(view.actions));
    this.fill("more", [view.menu, view.beside], () => this.beside());
    this.fill("tabs", view.tabs, () => this.tabs());
    this.draw();
    this.root.classList.add(`kit-${view.kind}`);
    this.parts.differ.hidden = view.heads.length < 2;
    this.parts.slider.max = Math.max(this.count, 1);
    this.index = Math.min(resized ? this.index : view.here.index, this.count);
    if (!resized && (!view.fog || this.presented)) this.reached = this.count;
    this.reached = Math.max(this.reached, this.index);
    if (resized) this.show();
    else this.show(view.here.x, view.here.at);
    this.fit();
    this.measure();
    if (this.open) this.panel();
    if (key && !this.root.contains(document.activeElement)) {
      const again = this.root.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (again) again.focus({ preventScroll: true });
    }
  }

  fill(name, value, make) {
    const part = this.parts[name];
    const written = JSON.stringify(value);
    if (part.written === written) return;
    part.written = written;
    part.replaceChildren(...make().filter((child) => child));
  }

  head() {
    const { view } = this;
    const heads = view.heads.map((head) =>
      h(
        "span",
        { class: "kit-chooser", title: head.about },
        h("span", { class: "kit-soft" }, head.side),
        ...(head.moves
          ? [
              this.button({ do: "earlier", value: head.side, words: "‹", tip: `${head.side}: one revision earlier` }),
              h("strong", {}, head.name),
              this.button({ do: "later", value: head.side, words: "›", tip: `${head.side}: one revision later` }),
            ]
          : [h("strong", {}, head.name)]),
      ),
    );
    const pairs = view.pairs.length ? this.popover("compare", "Compare…", () => [
      h("div", { class: "kit-choices" }, ...view.pairs.map((one) => this.button(one))),
    ]) : null;
    return [
      h("h3", { class: "kit-title" }, this.veiled() ? view.veil : view.title),
      h("span", { class: "kit-heads" }, ...heads, pairs),
    ];
  }

  groups(groups) {
    return groups.map((group) =>
      h(
        "span",
        { class: `kit-group kit-of-${group.style}`, role: "group", "aria-label": group.name },
        h("span", { class: "kit-name" }, group.name),
        h("span", { class: "kit-buttons" }, ...group.buttons.map((one) => this.button(one))),
      ),
    );
  }

  beside() {
    const { view } = this;
    const menu = view.menu.length
      ? this.popover("menu", "Do something here", () => this.menu())
      : null;
    return [menu, ...view.beside.map((one) => this.button(one))];
  }

  menu() {
    const [likely, ...others] = this.view.menu;
    return [
      h("div", { class: "kit-buttons" }, ...likely.buttons.map((one) => this.button(one))),
      ...others.map((group) =>
        h(
          "details",
          {},
          h("summary", {}, group.name),
          h("div", { class: "kit-buttons" }, ...group.buttons.map((one) => this.button(one))),
        ),
      ),
    ];
  }

  popover(name, words, fill) {
    const box = h("div", { class: "kit-popover", hidden: true, role: "group", "aria-label": words });
    const made = h(
      "button",
      {
        type: "button",
        class: "kit-button",
        "aria-expanded": "false",
        "data-key": name,
        onclick: () => {
          const show = box.hidden;
          this.close();
          if (!show) return;
          box.replaceChildren(...fill());
          box.hidden = false;
          made.setAttribute("aria-expanded", "true");
          const room = made.getBoundingClientRect();
          const whole = this.root.getBoundingClientRect();
          box.classList.toggle("kit-left", room.left - whole.left > whole.width / 2);
        },
      },
      words,
    );
    return h("span", { class: "kit-anchor" }, made, box);
  }

  close() {
    let closed = false;
    for (const box of this.root.querySelectorAll(".kit-popover:not([hidden])")) {
      box.hidden = true;
      box.previousSibling.setAttribute("aria-expanded", "false");
      box.previousSibling.focus({ preventScroll: true });
      closed = true;
    }
    return closed;
  }

  button(one) {
    const made = h(
      "button",
      {
        type: "button",
        class: `kit-button ${one.kind || ""}`,
        title: one.tip,
        "aria-label": one.words.length < 2 ? one.tip : undefined,
        "aria-pressed": one.pressed === undefined || one.pressed === null ? undefined : String(one.pressed),
        "data-key": `${one.do} ${one.value || ""}`,
        onclick: () => {
          this.close();
          this.act(one.do, one.value);
        },
      },
      one.words,
    );
    return made;
  }

  // -- where the learner is --------------------------------------------------------------------------

  tellPlace() {
    if (!this.send || this.coming || !this.root.isConnected) return;
    const { clicks, index, between, reached, answer, open, speed } = this;
    const detail = { clicks, story: this.view.story, index, between, reached, answer, open, speed };
    this.root.dispatchEvent(new CustomEvent("kit-place", { bubbles: true, detail }));
  }

  comeBack(place) {
    this.coming = place;
    if (this.view.story === place.story) this.arrive();
    else this.send({ again: place.clicks });
  }

  arrive() {
    const { story, index, between, reached, answer, open, speed } = this.coming;
    this.coming = null;
    if (story === this.view.story) {
      const within = (place) => Math.min(Math.max(Number(place) || 0, 0), this.count);
      this.answer = this.view.question && this.view.question.choices.includes(answer) ? answer : null;
      this.index = within(index);
      this.between = between;
      this.reached = Math.max(this.reached, within(reached), this.index);
      if (open && open !== this.open && this.view.tabs.some((tab) => tab.name === open)) this.turn(open);
      this.show(...this.amid());
    }
    this.pace(speed === 4 ? 4 : 1);
  }

  // x and words of a time between two events
  amid() {
    const [here, next] = [this.view.positions[this.index], this.view.positions[this.index + 1]];
    if (this.between === undefined || !next || !(this.between > here.at_ns && this.between < next.at_ns)) {
      this.between = undefined;
      return [];
    }
    const part = (this.between - here.at_ns) / (next.at_ns - here.at_ns);
    return [here.x + (next.x - here.x) * part, `${(this.between / NS).toFixed(1)} s`];
  }

  // -- asking the kernel ----------------------------------------------------------------------------

  act(name, value = "") {
    this.pause();
    if (!this.send) {
      this.say("This page has no kernel: run the cell to do something.");
      return;
    }
    if (name === "share") {
      this.send({ want: value });
      return;
    }
    this.tell(name, value);
  }

  tell(name, value) {
    // the story says of which run the place is: the kernel may have another one by then
    const { index, at_ns } = this;
    this.send({ do: name, value, index, at_ns, story: this.view.story });
  }

  measure() {
    if (!this.view || !this.view.picture.moves) return;
    const wide = this.parts.picture.clientWidth;
    if (!wide) return;
    const room = this.room();
    const fits = room / Number(this.drawn.svg.getAttribute("viewBox").split(" ")[3]);
    const scale = this.presented ? PRESENTED_PX / SMALLEST : Math.max(Math.min(wide / 1050, 1.3, fits), 1);
    const narrowest = this.presented ? 600 : 720;
    const units = Math.min(Math.max(Math.floor(wide / scale / 40) * 40, narrowest), 1240);
    const asked = `${units} ${Math.round(room / scale)}`;
    if (asked === this.asked || Math.abs(units - this.view.picture.width) < 40) return;
    this.asked = asked;
    this.act("size", asked);
  }

  fit() {
    // words stay legible, even where that makes the cockpit higher
    const svg = this.parts.picture.querySelector("svg");
    const high = Number(svg.getAttribute("viewBox").split(" ")[3]);
    const room = Math.max(this.room(), high);
    svg.style.maxHeight = `${room}px`;
    // a picture grows with what is done: what is below it keeps its place
    const same = this.root.offsetWidth === this.wide;
    this.wide = this.root.offsetWidth;
    const before = same ? this.kept : 0;
    this.kept = this.view.kind === "sandbox" ? room : Math.max(before, svg.clientHeight);
    this.parts.picture.style.minHeight = `${this.kept}px`;
  }

  present(on) {
    // on a projector all is shown; `fog` hides it again, for a vote
    if (on === Boolean(this.presented)) return;
    this.presented = on;
    if (on) this.before = this.reached;
    else this.kept = 0;
    this.reached = on ? this.count : Math.max(Math.min(this.before, this.count), this.index);
    if (!on && !this.view.fog) this.reached = this.count;
    this.show();
  }

  fog() {
    if (this.index >= this.count) {
      this.say("This is the end: step back to hide what comes after.");
      return;
    }
    this.reached = this.veiled() ? this.count : this.index;
    this.show();
  }

  room() {
    // what is left of most of the window when all other rows have their height
    const rows = this.root.offsetHeight - this.parts.picture.offsetHeight - this.parts.panel.offsetHeight;
    return Math.max(Math.round(window.innerHeight * 0.775) - rows, 300);
  }

  // -- the picture ----------------------------------------------------------------------------------

  draw() {
    const { view } = this;
    if (this.parts.picture.written === view.picture.svg) return;
    this.parts.picture.written = view.picture.svg;
    this.parts.picture.innerHTML = view.picture.svg;
    const svg = this.parts.picture.querySelector("svg");
    const all = (name) => [...svg.querySelectorAll(`[data-kit="${name}"]`)];
    const past = all("past"); // shapes, and the words over them
    this.drawn = {
      svg,
      past,
      then: all("then"),
      now: all("now"),
      x: view.picture.now,
      height: Number((past[0] || svg).getAttribute("height")), // words may stand below it
      steps: [...svg.querySelectorAll("[data-at]")],
      chips: [...svg.querySelectorAll("[data-since]")],
    };
    if (!this.drawn.now.length) return;
    this.drawn.dimmed = this.drawn.then[0].getAttribute("style");
    // the fog lies behind what was played and the headings; over the axis it is as wide as its words
    this.drawn.fog = [
      [17, 15, 16],
      [31, this.drawn.height - 31, 0],
    ].map(([y, height, more]) => {
      const rect = document.createElementNS(SVG, "rect");
      rect.setAttribute("y", y);
      rect.setAttribute("height", height);
      rect.setAttribute("class", "kit-fog");
      past[0].before(rect);
      return [rect, more];
    });
    this.drawn.words = svg.querySelector('[data-kit="now"] text');
  }

  place(x, words) {
    const { drawn, view } = this;
    if (!drawn || !drawn.now.length) return;
    const wide = view.picture.width;
    const limit = this.reached >= this.count ? wide : Math.max(this.edge(), x);
    const cut = (node, left, width) => {
      node.setAttribute("x", left);
      node.setAttribute("width", Math.max(width, 0.1));
      node.setAttribute("viewBox", `${left} 0 ${Math.max(width, 0.1)} ${drawn.height}`);
    };
    for (const node of drawn.past) cut(node, 0, x);
    for (const node of drawn.then) cut(node, x, limit - x);
    for (const node of drawn.now) node.setAttribute("transform", `translate(${x - drawn.x} 0)`);
    drawn.words.textContent = `now: ${words}`;
    const half = drawn.words.getComputedTextLength() / 2 + 2;
    drawn.words.setAttribute("x", Math.min(Math.max(x, half), wide - half) - (x - drawn.x));
    for (const [rect, more] of drawn.fog) {
      const fog = this.reached >= this.count ? 0 : Math.max(view.picture.right + more - limit - 4, 0);
      rect.setAttribute("x", limit + 4);
      rect.setAttribute("width", fog);
    }
  }

  where(words) {
    const count = `${this.index} of ${this.count}`;
    return this.view.counted ? `${count} ${this.view.unit}` : `${count} · ${words}`;
  }

  veiled() {
    return this.reached < this.count;
  }

  edge() {
    return this.view.positions[this.reached].x;
  }

  // -- moving ---------------------------------------------------------------------------------------

  get at_ns() {
    return this.between === undefined ? this.view.positions[this.index].at_ns : this.between;
  }

  indexOf(step) {
    return Math.max(this.view.positions.findIndex((one) => one.step === step), 0);
  }

  show(x, words) {
    const { view, parts, drawn } = this;
    const here = view.positions[this.index];
    this.place(x === undefined ? here.x : x, words || here.at);
    if (drawn && drawn.now.length) {
      const seen = view.positions[this.reached].step;
      for (const node of drawn.steps) {
        const at = Number(node.dataset.at);
        const style = at <= here.step ? "" : at <= seen ? drawn.dimmed : "display:none";
        if (node.getAttribute("style") !== style) node.setAttribute("style", style);
      }
      for (const node of drawn.chips) {
        const shown = Number(node.dataset.since) <= here.step && here.step < Number(node.dataset.until);
        const style = shown ? "" : "display:none";
        if (node.getAttribute("style") !== style) node.setAttribute("style", style);
      }
      drawn.svg.setAttribute("aria-label", `${this.veiled() ? view.veil : view.title}. Now ${here.at}. ${here.known}`);
    }
    this.reveal();
    parts.slider.value = this.index;
    parts.slider.setAttribute("aria-valuetext", `${this.index} of ${this.count}, ${here.at}`);
    parts.where.textContent = this.where(words || here.at);
    parts.known.textContent = here.known;
    this.fill("head", [view.title, view.heads, view.pairs, this.veiled()], () => this.head());
    this.verdict(here);
    this.ask();
    this.events();
    this.look();
    this.join();
    this.tellPlace();
  }

  reveal() {
    // a window that is narrower than the picture follows what happens
    const box = this.parts.picture;
    if (!this.drawn || box.scrollWidth <= box.clientWidth) return;
    const x = (this.view.positions[this.index].x / this.view.picture.width) * this.drawn.svg.clientWidth;
    const right = box.scrollWidth - box.clientWidth;
    const inside = x > box.scrollLeft + 40 && x < box.scrollLeft + box.clientWidth - 40;
    // at the end what everybody believes is as important as when it is
    if (this.index >= this.count && x > right + 40) box.scrollLeft = right;
    else if (!inside) box.scrollLeft = x - box.clientWidth * 0.6;
  }

  join() {
    // the lines of the code hang on the event that they are responsible for
    const { join, panel, picture } = this.parts;
    const lines = this.open && this.drawn ? panel.querySelector("[data-event]") : null;
    const at = lines ? this.drawn.steps.filter((one) => one.dataset.at === lines.dataset.event) : [];
    const window = picture.getBoundingClientRect();
    const shapes = at.flatMap((one) => [...one.querySelectorAll("line, polygon, rect, path")]);
    // the line of the first difference is as high as the picture
    const places = shapes.map((one) => one.getBoundingClientRect()).filter(({ height }) => height < window.height / 2);
    const x = places.length ? places[0].left + places[0].width / 2 : 0;
    join.hidden = !places.length || x < window.left || x > window.right;
    if (join.hidden) return;
    const whole = this.root.getBoundingClientRect();
    const top = Math.max(...places.map((one) => one.bottom));
    const end = lines.getBoundingClientRect();
    join.style.left = `${x - whole.left}px`;
    join.style.top = `${top - whole.top}px`;
    join.style.height = `${Math.max(end.top - top, 0)}px`;
  }

  stick() {
    // the names of the lanes stay in sight where a window is narrower than the picture
    const box = this.parts.picture;
    const scrolled = box.scrollLeft > 0;
    if (!this.drawn || (!scrolled && !this.stuck)) return;
    const { svg } = this.drawn;
    const left = (box.scrollLeft / svg.clientWidth) * this.view.picture.width + 4;
    if (this.stuck !== svg) {
      this.stuck = svg;
      this.names = [...svg.querySelectorAll('[data-kit="name"]')].map((node) => {
        const { x, y, width, height } = node.getBBox();
        const ground = document.createElementNS(SVG, "rect");
        for (const [name, value] of Object.entries({ x: x - 3, y, width: width + 6, height, class: "kit-ground" })) ground.setAttribute(name, value);
        node.prepend(ground);
        svg.append(node); // over the bars
        return [node, ground, x, width];
      });
    }
    const { right, width: whole } = this.view.picture;
    for (const [node, ground, x, width] of this.names) {
      const by = Math.max(left - x, 0);
      node.setAttribute("transform", `translate(${by} 0)`);
      // a long name that reaches the words over the chips hides all of them
      ground.setAttribute("width", by && left + width > right ? whole : width + 6);
    }
  }

  go(index, note = "") {
    if (!this.view.picture.moves && this.send) {
      this.act("go", String(Math.min(Math.max(index, 0), this.count)));
      return;
    }
    this.pause();
    this.between = undefined;
    this.said = note;
    this.index = Math.min(Math.max(index, 0), this.count);
    this.reached = Math.max(this.reached, this.index);
    this.show();
  }

  step(by) {
    const there = this.index + by;
    if (there < 0) this.go(0, this.view.words.first);
    else if (there > this.count) this.go(this.count, this.view.words.last);
    else {
      this.go(there);
      if (by > 0) this.fly();
    }
  }

  differ() {
    const { positions, words } = this.view;
    const there = positions.findIndex((one, n) => n > this.index && one.differs);
    if (there > 0) this.go(there);
    else this.go(this.index, positions.some((one) => one.differs) ? words.none : words.same);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.run(this.speed);
  }

  // how fast it plays, now or the next time
  pace(speed) {
    this.speed = speed;
    for (const times of [1, 4]) this.parts[`x${times}`].setAttribute("aria-pressed", String(times === speed));
    if (this.playing) this.run(speed);
    else this.tellPlace();
  }

  run(speed) {
    this.pause();
    this.pace(speed);
    if (this.index >= this.count) this.go(0);
    this.parts.play.textContent = "❚❚ Pause";
    this.began = performance.now();
    if (!this.view.picture.moves) {
      this.playing = setInterval(() => (this.index < this.count ? this.act2(this.index + 1) : this.pause()), 900 / speed);
      this.ticks = true;
      return;
    }
    const frame = (time) => {
      if (!this.playing) return;
      this.tick(time);
      if (this.playing) this.playing = requestAnimationFrame(frame);
    };
    this.playing = requestAnimationFrame(frame);
  }

  act2(index) {
    if (this.send) this.tell("go", String(index));
  }

  tick(time) {
    const { positions } = this.view;
    const here = positions[this.index];
    const next = positions[this.index + 1];
    if (!next) {
      this.pause();
      return;
    }
    const gap = next.at_ns - here.at_ns;
    const whole = gap <= 0 ? SAME_INSTANT_MS : next.cut ? CUT_MS : Math.min(Math.max(gap / 1e6, SAME_INSTANT_MS), LONGEST_MS);
    const part = ((time - this.began) * this.speed) / whole;
    if (part < 1) {
      const x = here.x + (next.x - here.x) * Math.max(part, 0);
      this.between = gap > 0 ? Math.floor((here.at_ns + gap * Math.max(part, 0)) / 1e6) * 1e6 : undefined;
      const words = gap > 0 && !this.view.counted ? `${(this.between / NS).toFixed(1)} s` : here.at;
      this.place(x, words);
      this.parts.where.textContent = this.where(words);
      return;
    }
    this.began = time - FRAME_MS / 2;
    this.between = undefined;
    this.said = "";
    this.index += 1;
    this.reached = Math.max(this.reached, this.index);
    this.show();
    this.fly();
    if (this.index >= this.count) this.pause();
  }

  pause() {
    if (!this.playing) return;
    if (this.ticks) clearInterval(this.playing);
    else cancelAnimationFrame(this.playing);
    this.ticks = false;
    this.playing = 0;
    this.parts.play.textContent = "▶ Play";
    this.tellPlace();
  }

  fly() {
    const { drawn, view } = this;
    if (this.calm || !drawn || !drawn.now.length) return;
    for (const node of drawn.steps) {
      if (Number(node.dataset.at) !== view.positions[this.index].step) continue;
      const head = node.querySelector("polygon");
      const line = node.querySelector("line");
      if (!head || !line) continue;
      const dot = document.createElementNS(SVG, "circle");
      dot.setAttribute("cx", line.getAttribute("x1"));
      dot.setAttribute("cy", line.getAttribute("y1"));
      dot.setAttribute("r", 4.5);
      dot.setAttribute("style", head.getAttribute("style"));
      drawn.svg.append(dot);
      const far = Number(line.getAttribute("y2")) - Number(line.getAttribute("y1"));
      const flight = dot.animate(
        [{ transform: "translateY(0)" }, { transform: `translateY(${far}px)` }],
        { duration: Math.min(SAME_INSTANT_MS / this.speed, 350), easing: "ease-in" },
      );
      flight.onfinish = () => dot.remove();
      flight.oncancel = () => dot.remove();
    }
  }

  // -- what is said ---------------------------------------------------------------------------------

  say(words) {
    this.said = words;
    this.verdict(this.view.positions[this.index]);
  }

  verdict(here) {
    const box = this.parts.verdict;
    const lines = here.said.map(([who, words]) =>
      h("div", {}, who ? h("span", { class: "kit-who" }, `${who}: `) : null, words),
    );
    const truth = this.view.question ? this.view.question.truth : [];
    if (truth.length && this.index >= this.count) {
      lines.push(...truth.slice(1).map((words) => h("div", {}, words)));
    }
    if (this.view.words.past && this.index < this.count) {
      lines.push(h("div", { class: "kit-soft" }, this.view.words.past));
    }
    if (this.veiled() && this.index === 0) {
      lines.push(h("div", { class: "kit-soft" }, "What follows is hidden until you play it or step."));
    }
    if (this.said) lines.push(h("div", { class: "kit-silent" }, this.said));
    box.classList.toggle("kit-parted", here.differs);
    const before = box.textContent;
    const made = h("div", {}, ...lines);
    if (made.textContent !== before) box.replaceChildren(...lines);
  }

  ask() {
    const { view } = this;
    const part = this.parts.ask;
    if (view.task) {
      this.fill("ask", [view.task], () => this.task(view.task));
      return;
    }
    const question = view.question;
    if (!question) {
      this.fill("ask", view.look, () => (view.look ? [h("span", { class: "kit-look" }, view.look)] : []));
      return;
    }
    const over = this.reached >= this.count;
    this.fill("ask", [question, this.answer, over], () => {
      const judged = this.answer === question.right ? "Right. " : "";
      const told = this.answer === null ? "" : `You said: ${this.answer}. ${judged}`;
      if (over) return [h("span", { class: "kit-look" }, h("strong", {}, told), question.truth[0])];
      return [
        h("span", { class: "kit-look" }, question.asks),
        h(
          "span",
          { class: "kit-chips", role: "group", "aria-label": question.asks },
          ...question.choices.map((words) =>
            h(
              "button",
              {
                type: "button",
                class: "kit-button kit-chip",
                "aria-pressed": String(this.answer === words),
                "data-key": `answer ${words}`,
                onclick: () => {
                  this.answer = words;
                  this.run(4);
                  this.ask();
                  this.tellPlace();
                },
              },
              words,
            ),
          ),
        ),
      ];
    });
    part.classList.toggle("kit-over", over);
  }

  task(task) {
    const key = task.hint;
    const last = task.number === task.count;
    for (const node of this.root.querySelectorAll(".kit-ringed")) node.classList.remove("kit-ringed");
    if (key) {
      const next = this.root.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (next) next.classList.add("kit-ringed");
    }
    return [
      h("span", { class: `kit-look ${task.done ? "kit-told" : ""}` },
        h("strong", {}, `${task.done ? "✓ " : ""}${task.number} of ${task.count}: `), task.done || task.asks, task.done && last ? " That was the last task." : ""),
      h("span", { class: "kit-chips kit-far" },
        this.button({ do: "hint", words: "Hint", tip: "Ring the button to press next", kind: "kit-quiet" }),
        this.button({ do: "task", words: last ? "First task" : "Next task", tip: last ? "Begin the tasks again" : "Begin the next task at the start", kind: task.done && !last ? "kit-primary" : "kit-quiet" })),
    ];
  }

  // -- tabs -----------------------------------------------------------------------------------------

  tabs() {
    return this.view.tabs.map((tab) =>
      h(
        "button",
        {
          type: "button",
          class: "kit-tab",
          role: "tab",
          "aria-selected": String(this.open === tab.name),
          "data-key": `tab ${tab.name}`,
          onclick: () => this.turn(tab.name),
        },
        tab.name,
      ),
    );
  }

  turn(name) {
    this.open = this.open === name ? "" : name;
    for (const node of this.parts.tabs.children) {
      node.setAttribute("aria-selected", String(node.textContent === this.open));
    }
    this.parts.panel.hidden = !this.open;
    this.parts.panel.written = "";
    this.join();
    this.tellPlace();
    if (!this.open) return;
    this.panel();
    this.look();
  }

  panel() {
    const tab = this.view.tabs.find((one) => one.name === this.open);
    if (!tab) {
      this.turn(this.open);
      return;
    }
    this.parts.panel.setAttribute("aria-label", tab.name);
    this.fill("panel", [tab, tab.kind === "code" ? this.code : null], () => this.inside(tab));
    this.events();
    this.join();
  }

  inside(tab) {
    if (tab.kind === "code") return this.codeParts(tab);
    const parts = [];
    if (tab.html) parts.push(h("div", { html: tab.html }));
    if (tab.buttons.length) {
      parts.push(h("div", { class: "kit-buttons" }, ...tab.buttons.map((one) => this.button(one))));
    }
    if (tab.kind === "share") {
      parts.push(h("span", { class: "kit-soft kit-shared", role: "status" }));
      parts.push(h("textarea", { readonly: true, hidden: true, rows: 12, "aria-label": "the text to copy" }));
    }
    return parts;
  }

  codeParts(tab) {
    const code = this.code || { html: "", source: "", note: "", placeholder: "", buttons: [] };
    const field = h("input", { type: "text", placeholder: code.placeholder, "aria-label": "clone" });
    const use = () => this.act("use", field.value);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") use();
    });
    return [
      tab.buttons.length || code.buttons.length
        ? h("div", { class: "kit-buttons" }, ...[...tab.buttons, ...code.buttons].map((one) => this.button(one)))
        : null,
      h("div", { class: "kit-code", html: code.html }),
      h("p", { class: "kit-soft", role: "status" }, `Commits are read from: ${code.source}. `, code.note ? h("strong", {}, code.note) : null),
      code.placeholder
        ? h(
            "div",
            { class: "kit-buttons" },
            field,
            h("button", { type: "button", class: "kit-button", "data-key": "use it", onclick: use }, "Read from it"),
            this.button({ do: "fetch", words: "Fetch QEMU's commits", tip: "Fetch the lesson's commits of QEMU, under 1 MB, as kit fetch does" }),
          )
        : null,
    ].filter((part) => part);
  }

  look() {
    const tab = this.view.tabs.find((one) => one.name === this.open);
    if (!tab || tab.kind !== "code" || !this.send) return;
    const key = `${this.view.story} ${tab.follows ? this.index : ""}`;
    if (this.looked === key) return;
    this.looked = key;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.tell("look", ""), 60);
  }

  setCode(code) {
    this.code = code;
    if (this.view && this.open) this.panel();
  }

  events() {
    if (!this.open || !this.view) return;
    const step = this.view.positions[this.index].step;
    const seen = this.view.positions[this.reached].step;
    for (const row of this.parts.panel.querySelectorAll("tr[data-place]")) {
      const place = Number(row.dataset.place);
      row.classList.toggle("kit-now", place === step);
      row.classList.toggle("kit-later", place > step);
      row.hidden = place > seen;
    }
    for (const node of this.parts.panel.querySelectorAll(".kit-after")) node.hidden = this.veiled();
  }

  async message(told) {
    if (told.again) {
      this.arrive();
      return;
    }
    if (told.index !== undefined) {
      this.go(told.index);
      return;
    }
    const said = this.parts.panel.querySelector(".kit-shared");
    const area = this.parts.panel.querySelector("textarea");
    if (told.error || !said) {
      this.say(told.error || "");
      return;
    }
    area.hidden = true;
    if (told.what === "svg") {
      save(told.name, told.text);
      said.textContent = `saved: ${told.name}`;
    } else if (await copy(told.text)) {
      said.textContent = `copied: ${told.text.split("\n").length} lines`;
    } else {
      said.textContent = "this browser does not copy: select the text and copy it yourself";
      area.value = told.text;
      area.hidden = false;
      area.select();
    }
  }

  // -- keys -----------------------------------------------------------------------------------------

  key(event) {
    if (event.key === "Escape" && this.close()) {
      event.stopPropagation();
      return;
    }
    if (event.key === "Tab" || event.key === "Escape" || event.ctrlKey || event.metaKey) return;
    // JupyterLab takes letters and arrows for commands of its own
    event.stopPropagation();
    const typing = event.target.matches("input[type=text], textarea");
    if (typing || event.altKey) return;
    const letter = event.key.length === 1 && event.key !== " ";
    const scrolls = !letter && event.target.closest("pre[tabindex], .kit-verdict");
    const acts = {
      ArrowRight: () => this.step(1),
      ArrowLeft: () => this.step(-1),
      Home: () => this.go(0),
      End: () => this.go(this.count),
      d: () => this.differ(),
      b: () => this.fog(),
      p: () => document.dispatchEvent(new CustomEvent("kit-present")), // for the extension
    };
    const presses = event.target.matches("button, summary, a");
    if (event.key === " " && !presses) acts[" "] = () => this.toggle();
    if (!acts[event.key] || scrolls) return;
    event.preventDefault();
    acts[event.key]();
  }
}

function mount(root, view, send) {
  const cockpit = new Cockpit(root, send);
  cockpit.update(view);
  return cockpit;
}

function render({ model, el }) {
  const root = document.createElement("div");
  el.append(root);
  const cockpit = mount(root, model.get("view"), (told) => model.send(told));
  const changed = () => {
    cockpit.clicks = model.get("clicks");
    cockpit.update(model.get("view"));
  };
  cockpit.clicks = model.get("clicks");
  const read = () => cockpit.setCode(model.get("code"));
  const told = (message) => cockpit.message(message);
  model.on("change:view", changed);
  model.on("change:code", read);
  model.on("msg:custom", told);
  return () => {
    cockpit.pause();
    model.off("change:view", changed);
    model.off("change:code", read);
    model.off("msg:custom", told);
  };
}

export { mount };
export default { render };
