// What the kit adds to JupyterLab and JupyterLite, as a prebuilt extension that is its own source.
//
// 1. Where a widget of the kit has no kernel behind it, its output shows the picture that was stored
//    beside it, and a button that makes it live again, where the learner was.
// 2. Present: pictures one at a time, without code, prose and bars, for a projector.
//
// It needs no module of JupyterLab's but Lumino's Widget, for the button in the toolbar.  Nothing
// that a notebook holds is put into the page as HTML: a picture is an image, a text is a text.

(() => {
  const NAME = "unplug-kit";
  const VIEW = "application/vnd.jupyter.widget-view+json";
  const MARGIN_PX = 8; // above a widget that was brought in sight
  const DRAWN_MS = 3000; // after this a widget stands as it is
  const LOOK_MS = 500; // no signal says that a widget could not be shown
  const BASE = document.currentScript.src.replace(/[^/]*$/, "");
  let shared = {};

  function h(tag, props, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  const isLesson = (panel) =>
    panel.content.widgets.some((cell) => /^\s*from kit import /m.test(cell.model.sharedModel.getSource()));

  // -- pictures that last ---------------------------------------------------------------------------

  // Where the learner is in each widget, kept in this browser: a widget of a kernel that has just
  // begun goes on there.  One that is run again while it answers begins anew.
  class Places {
    constructor(panel) {
      this.panel = panel;
      this.answering = new Set(); // keys of widgets that have a kernel
      this.met = new WeakSet();
      this.filled = new Set(); // cells that were seen with an output
      panel.node.addEventListener("kit-place", (event) => this.heard(event));
    }

    get name() {
      return `${NAME}:places:${this.panel.context.path}`;
    }

    read() {
      try {
        return JSON.parse(localStorage.getItem(this.name)) || {};
      } catch {
        return {}; // no storage, or another's
      }
    }

    write(kept) {
      const ids = this.panel.content.widgets.map((cell) => cell.model.id);
      const present = Object.entries(kept).filter(([key]) => ids.includes(key.split(" ")[0]));
      try {
        localStorage.setItem(this.name, JSON.stringify(Object.fromEntries(present)));
      } catch {
        // no storage, or no room: the next kernel begins anew
      }
    }

    goOn(cells) {
      const ids = cells.map((cell) => cell.model.id);
      for (const key of this.answering) if (ids.includes(key.split(" ")[0])) this.answering.delete(key);
    }

    heard({ target, detail }) {
      const cell = this.panel.content.widgets.find((one) => one.outputArea && one.node.contains(target));
      // a widget in another, or one that does not answer, says nothing
      if (!cell || target.closest("[inert]") || target.parentElement.closest(".kit")) return;
      const place = cell.outputArea.widgets.findIndex((one) => one.node.contains(target));
      const key = `${cell.model.id} ${place}`;
      const source = cell.model.sharedModel.getSource();
      const kept = this.read();
      const begins = !this.met.has(target);
      const returns = begins && !this.answering.has(key) && kept[key] && kept[key].source === source;
      this.met.add(target);
      this.answering.add(key);
      if (begins) this.bringInSight(cell, target);
      if (returns) target.dispatchEvent(new CustomEvent("kit-return", { detail: kept[key].place }));
      else this.write({ ...kept, [key]: { source, place: detail } });
    }

    // Running a cell scrolls to the next one, before it is known how high the output is.
    bringInSight(cell, root) {
      const { activeCellIndex, widgets } = this.panel.content;
      if (![activeCellIndex, activeCellIndex - 1].includes(widgets.indexOf(cell))) return; // others ran, too
      const outer = root.closest(".jp-WindowedPanel-outer");
      if (!outer) return;
      const bring = () => {
        const above = outer.getBoundingClientRect().top + MARGIN_PX - root.getBoundingClientRect().top;
        if (above > 0) outer.scrollTop -= above;
      };
      const grows = new ResizeObserver(bring); // it is drawn in steps
      const end = () => grows.disconnect();
      grows.observe(root);
      setTimeout(end, DRAWN_MS);
      for (const act of ["wheel", "pointerdown", "keydown"]) outer.addEventListener(act, end, { once: true });
    }

    // whoever clears an output wants nothing of it back
    forgetCleared() {
      for (const { model, outputArea } of this.panel.content.widgets) {
        if (!outputArea) continue;
        if (outputArea.model.length) this.filled.add(model.id);
        else if (this.filled.has(model.id) && model.executionState === "idle") {
          this.filled.delete(model.id);
          const others = Object.entries(this.read()).filter(([key]) => key.split(" ")[0] !== model.id);
          this.write(Object.fromEntries(others));
        }
      }
    }
  }

  function* outputsOf(panel) {
    for (const cell of panel.content.widgets) {
      const area = cell.outputArea;
      if (!area) continue;
      for (let n = 0; n < area.model.length; n++) {
        const model = area.model.get(n);
        const child = area.widgets[n];
        if (child && model.data[VIEW] && model.metadata[NAME]) {
          const node = child.node.querySelector(":scope > .jp-OutputArea-output") || child.node;
          yield { cell, model, node, place: child.node };
        }
      }
    }
  }

  function picture(model) {
    const text = String(model.data["text/plain"] || "");
    const svg = model.data["image/svg+xml"];
    if (!svg) return h("pre", {}, text);
    const source = [].concat(svg).join("");
    const url = `data:image/svg+xml;base64,${btoa(String.fromCodePoint(...new TextEncoder().encode(source)))}`;
    return h("img", { src: url, alt: text.split("\n")[0] });
  }

  async function makeLive(app, panel, places, cell) {
    app.shell.activateById(panel.id);
    const at = panel.content.widgets.indexOf(cell);
    panel.content.activeCellIndex = at;
    places.goOn(panel.content.widgets.slice(0, at + 1));
    await app.commands.execute("notebook:run-all-above"); // what it needs was read there
    await app.commands.execute("notebook:run-cell");
  }

  function still(app, panel, places, { cell, model, node }, restarted) {
    const words = restarted
      ? "The kernel was restarted or is gone: what you see no longer answers. "
      : "This is a picture of an earlier run. ";
    const button = h(
      "button",
      {
        type: "button",
        title: "Run this cell, and those above it",
        onclick: () => makeLive(app, panel, places, cell),
      },
      "Make it live",
    );
    const line = h("p", { role: "status" }, words, button);
    const made = h("div", { class: "kit-still" }, line);
    if (!restarted) made.append(picture(model));
    made.restarted = restarted;
    made.of = node;
    node.before(made);
    return made;
  }

  const cutOff = new WeakSet(); // views whose kernel ended: not every kind of widget says so

  function cutAll(panel) {
    for (const { node } of outputsOf(panel)) if (node.firstElementChild) cutOff.add(node.firstElementChild);
  }

  function look(app, panel, places) {
    for (const output of outputsOf(panel)) {
      const { node, cell, place } = output;
      // a notebook that is not trusted has its text in that place, and no widget
      const view = node.classList.contains("lm-Panel") ? node.firstElementChild : null;
      const gone = view && (cutOff.has(view) || view.classList.contains("jupyter-widgets-disconnected"));
      const cut = Boolean(gone);
      const live = Boolean(view) && !cut;
      const shown = [...place.querySelectorAll(":scope > .kit-still")];
      // the output may have been drawn anew since, in another node
      const valid = shown.filter((one) => !live && one.of === node && one.restarted === cut);
      for (const one of shown) if (!valid.includes(one)) one.remove();
      place.classList.toggle("kit-with-still", !live);
      node.classList.toggle("kit-replaced", !live && !cut);
      if (view) view.toggleAttribute("inert", cut);
      const running = cell.model.executionState === "running";
      if (!live && !running && !valid.length) still(app, panel, places, output, cut);
    }
  }

  function keepPictures(app, panel) {
    const places = new Places(panel);
    const soon = () => {
      if (panel.isVisible) look(app, panel, places);
      places.forgetCleared();
    };
    const ends = () => {
      cutAll(panel);
      places.goOn(panel.content.widgets);
      soon();
    };
    panel.sessionContext.statusChanged.connect((_, status) => {
      if (["restarting", "autorestarting", "dead", "terminating"].includes(status)) ends();
    });
    panel.sessionContext.kernelChanged.connect((_, change) => {
      if (change.oldValue) ends();
    });
    const ticking = setInterval(soon, LOOK_MS);
    panel.disposed.connect(() => clearInterval(ticking));
  }

  // -- present ----------------------------------------------------------------------------------------

  const LEAST_PX = 22; // of words on a projector
  const OF_A_PICTURE = 11; // the smallest in a picture of the kit's, in its own pixels
  const OF_A_PLOT = (8 * 96) / 72; // matplotlib's are drawn as shapes: 8 points

  // How wide a figure must be for its smallest words; a cockpit sees to its own.
  function widthOf(figure) {
    if (figure.closest(".kit-cockpit")) return 0;
    if (figure.matches("img")) {
      return (figure.naturalWidth * LEAST_PX) / (figure.closest(".kit-plot") ? OF_A_PLOT : OF_A_PICTURE);
    }
    const sizes = [...figure.querySelectorAll("text")].map((one) => parseFloat(getComputedStyle(one).fontSize));
    return sizes.length ? (figure.viewBox.baseVal.width * LEAST_PX) / Math.min(...sizes) : 0;
  }

  class Presentation {
    constructor(panel, ended) {
      this.panel = panel;
      this.ended = ended;
      this.enlarged = new Map();
      this.watch = new MutationObserver(() => this.enlarge()); // what a click draws anew
      this.slides = panel.content.widgets.filter((cell) => cell.node.querySelector(".jp-OutputArea-output"));
      const { activeCellIndex } = panel.content;
      const at = this.slides.findIndex((cell) => panel.content.widgets.indexOf(cell) >= activeCellIndex);
      this.count = h("span", { role: "status" });
      const button = (words, act) => h("button", { type: "button", onclick: act }, words);
      this.bar = h(
        "div",
        { class: "kit-presenter", role: "group", "aria-label": "presentation" },
        button("Previous picture", () => this.show(this.at - 1)),
        this.count,
        button("Next picture", () => this.show(this.at + 1)),
        button("End (Esc)", () => this.end()),
      );
      this.over = [];
      for (let node = panel.node.parentElement; node; node = node.parentElement) this.over.push(node);
      for (const node of this.over) node.classList.add("kit-behind");
      panel.node.classList.add("kit-presented");
      panel.node.append(this.bar);
      this.onKey = (event) => this.key(event);
      document.addEventListener("keydown", this.onKey, true);
      this.show(at < 0 ? this.slides.length - 1 : at);
    }

    get cockpit() {
      const slide = this.slides[this.at];
      return slide && slide.node.querySelector(".kit-cockpit");
    }

    show(at) {
      this.at = Math.min(Math.max(at, 0), this.slides.length - 1);
      for (const cell of this.panel.content.widgets) {
        cell.node.classList.toggle("kit-slide", cell === this.slides[this.at]);
      }
      this.watch.disconnect();
      if (this.slides.length) {
        this.enlarge();
        this.watch.observe(this.slides[this.at].node, { childList: true, subtree: true });
      }
      this.count.textContent = this.slides.length
        ? `${this.at + 1} of ${this.slides.length}`
        : "Nothing to present: run the cells first.";
      const outer = this.panel.node.querySelector(".jp-WindowedPanel-outer");
      if (outer) outer.scrollTop = 0;
      const first = this.cockpit ? this.cockpit.querySelector(".kit-picture") : this.bar.querySelector("button");
      first.focus({ preventScroll: true });
    }

    enlarge() {
      for (const figure of this.slides[this.at].node.querySelectorAll('svg[role="img"], .jp-OutputArea-output img')) {
        const wide = this.enlarged.has(figure) ? 0 : widthOf(figure);
        if (!wide) continue;
        this.enlarged.set(figure, figure.getAttribute("style"));
        figure.style.setProperty("width", `max(100%, ${Math.ceil(wide)}px)`, "important");
        figure.style.setProperty("max-width", "none", "important");
        figure.style.setProperty("max-height", "none", "important");
      }
    }

    key(event) {
      if (event === this.passed) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
      if (event.target.matches("input:not([type=range]), textarea")) return;
      const { cockpit } = this;
      const turns = { PageDown: 1, PageUp: -1, ...(cockpit ? {} : { ArrowRight: 1, ArrowLeft: -1 }) };
      const presses = event.key === "Enter" || (event.key === " " && event.target.matches("button, summary, a"));
      if (presses) return;
      event.stopPropagation();
      if (event.key === "Escape" || event.key === "p") this.end();
      else if (turns[event.key]) this.show(this.at + turns[event.key]);
      else if (cockpit) {
        this.passed = new KeyboardEvent("keydown", { key: event.key });
        cockpit.dispatchEvent(this.passed);
      } else return;
      event.preventDefault();
    }

    end() {
      document.removeEventListener("keydown", this.onKey, true);
      for (const node of this.over) node.classList.remove("kit-behind");
      this.panel.node.classList.remove("kit-presented");
      this.watch.disconnect();
      for (const [figure, style] of this.enlarged) {
        if (style === null) figure.removeAttribute("style");
        else figure.setAttribute("style", style);
      }
      this.bar.remove();
      for (const cell of this.panel.content.widgets) cell.node.classList.remove("kit-slide");
      this.ended();
      const slide = this.slides[this.at];
      if (slide) {
        this.panel.content.activeCellIndex = this.panel.content.widgets.indexOf(slide);
        slide.node.scrollIntoView();
      }
      this.panel.content.activate();
    }
  }

  let presentation = null;

  function present(panel) {
    if (presentation) presentation.end();
    else if (panel && panel.content && panel.content.widgets && isLesson(panel)) {
      presentation = new Presentation(panel, () => {
        presentation = null;
      });
    }
  }

  async function addButton(panel) {
    const versions = Object.values(shared["@lumino/widgets"] || {});
    if (!versions.length) return;
    const { Widget } = (await versions[0].get())();
    const node = h(
      "button",
      {
        type: "button",
        class: "kit-present",
        title: "Show the pictures alone, for a projector (p)",
        onclick: () => present(panel),
      },
      "Present",
    );
    const item = new Widget({ node: h("div", { class: "jp-ToolbarButton" }, node) });
    panel.toolbar.insertAfter("cellType", "unplug-kit-present", item);
  }

  // -- the plugin -------------------------------------------------------------------------------------

  function opened(app, panel) {
    panel.context.ready.then(() => {
      if (panel.isDisposed || !isLesson(panel)) return;
      keepPictures(app, panel);
      addButton(panel);
    });
  }

  const plugin = {
    id: `${NAME}:lessons`,
    description: "Keeps the pictures of the kit's lessons, and presents them.",
    autoStart: true,
    activate: (app) => {
      document.head.append(h("link", { rel: "stylesheet", href: `${BASE}extension.css` }));
      app.docRegistry.addWidgetExtension("Notebook", { createNew: (panel) => opened(app, panel) });
      const command = `${NAME}:present`;
      app.commands.addCommand(command, {
        label: "Present the Pictures of This Lesson",
        execute: () => present(app.shell.currentWidget),
      });
      app.commands.addKeyBinding({
        command,
        keys: ["P"],
        selector: ".jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus",
      });
      // a widget keeps its keys from JupyterLab, and passes this one on
      document.addEventListener("kit-present", () => present(app.shell.currentWidget));
    },
  };

  globalThis._JUPYTERLAB = globalThis._JUPYTERLAB || {};
  globalThis._JUPYTERLAB[NAME] = {
    init: (scope) => {
      shared = scope;
    },
    get: async (module) => {
      if (module !== "./extension") throw new Error(`${NAME} has no module ${module}`);
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
