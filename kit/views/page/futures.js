// What could happen next: a person goes through the graph of a small scope, any way they like.
//
// The graph is data (kit/views/page/futures.py), and so is every shape.  What is computed here is
// what depends on the way taken: how far it is to a violation, and how likely one is from here.

const SWEEPS = 400;
const CLOSE = 1e-7;
const PATH_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
const CHIPS = 150;
const START = 24;
const CLEAR = 18; // of the arrow or the cross with which a choice begins

function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

class Graph {
  constructor(data) {
    this.data = data;
    this.nodes = data.nodes.map(([standing, shown, ...flat], number) => {
      const edges = [];
      for (let at = 0; at < flat.length; at += 4) {
        edges.push({ action: flat[at], sent: flat[at + 1], target: number + flat[at + 2], met: flat[at + 3] });
      }
      return { standing, shown, edges };
    });
    this.found = new Map();
  }

  // For one property: how many choices it is to the nearest violation, -1 if there is none, and in
  // which share of all ways one comes, if every action that can happen is equally likely.
  of(property) {
    if (this.found.has(property)) return this.found.get(property);
    const { nodes } = this;
    const bit = 1 << property;
    const before = nodes.map(() => []);
    nodes.forEach((node, number) => node.edges.forEach((edge) => before[edge.target].push(number)));
    const far = new Int32Array(nodes.length).fill(-1);
    let level = nodes.flatMap((node, number) => (node.shown & bit ? [number] : []));
    for (const number of level) far[number] = 0;
    for (let steps = 1; level.length; steps += 1) {
      const next = [];
      for (const number of level) {
        for (const one of before[number]) {
          if (far[one] >= 0) continue;
          far[one] = steps;
          next.push(one);
        }
      }
      level = next;
    }
    const found = { far, share: this.shares(bit) };
    this.found.set(property, found);
    return found;
  }

  shares(bit) {
    const { nodes } = this;
    const share = new Float64Array(nodes.length);
    nodes.forEach((node, number) => (share[number] = node.shown & bit ? 1 : 0));
    for (let sweep = 0, most = 1; sweep < SWEEPS && most > CLOSE; sweep += 1) {
      most = 0;
      for (let number = nodes.length - 1; number >= 0; number -= 1) {
        const { edges, shown } = nodes[number];
        if (shown & bit || !edges.length) continue;
        let sum = 0;
        for (const edge of edges) sum += share[edge.target];
        const now = sum / edges.length;
        most = Math.max(most, Math.abs(now - share[number]));
        share[number] = now;
      }
    }
    return share;
  }
}

class Futures {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.graphs = data.graphs.map((graph) => new Graph(graph));
    this.graph = this.graphs[0];
    this.choices = [];
    this.watched = this.first();
    this.note = "";
    this.show();
  }

  // the property that the curve is about: the first that can be violated
  first() {
    const { properties } = this.data;
    const found = properties.findIndex((one, n) => !one.example && this.graph.of(n).far[0] >= 0);
    return Math.max(found, 0);
  }

  // -- where one is --------------------------------------------------------------------------------

  get places() {
    const places = [0];
    for (const choice of this.choices) places.push(this.graph.nodes[places.at(-1)].edges[choice].target);
    return places;
  }

  edges() {
    const { nodes } = this.graph;
    let node = nodes[0];
    return this.choices.map((choice) => {
      const edge = node.edges[choice];
      node = nodes[edge.target];
      return edge;
    });
  }

  take(choice, note = "") {
    this.choices.push(choice);
    this.note = note;
    this.show();
  }

  undo() {
    this.choices.pop();
    this.note = "";
    this.show();
  }

  again() {
    this.choices = [];
    this.note = "";
    this.show();
  }

  // the same choices at another revision, as far as it offers them
  move(graph) {
    const words = this.edges().map((edge) => this.graph.data.actions[edge.action].words);
    this.graph = graph;
    this.choices = [];
    this.note = "";
    let node = graph.nodes[0];
    for (const [number, one] of words.entries()) {
      const choice = node.edges.findIndex((edge) => graph.data.actions[edge.action].words === one);
      if (choice < 0) {
        this.note = `Choice ${number + 1}, ${one}, is not possible here: this is as far as the way goes.`;
        break;
      }
      this.choices.push(choice);
      node = graph.nodes[node.edges[choice].target];
    }
    this.show();
  }

  shortest(property) {
    const { nodes } = this.graph;
    const { far } = this.graph.of(property);
    let here = this.places.at(-1);
    let added = 0;
    while (far[here] > 0) {
      const choice = nodes[here].edges.findIndex((edge) => far[edge.target] === far[here] - 1);
      this.choices.push(choice);
      here = nodes[here].edges[choice].target;
      added += 1;
    }
    this.watched = property;
    this.note = `${added} ${added === 1 ? "choice" : "choices"} added: the shortest way from there.`;
    this.show();
  }

  token() {
    const words = this.edges().map((edge) => this.graph.data.actions[edge.action].first);
    const crc = crc32(words.join("\n"));
    const check = btoa(String.fromCharCode(crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255));
    const safe = check.replace(/\+/g, "-").replace(/\//g, "_");
    return `${this.graph.data.token}.${safe}${this.choices.map((one) => PATH_LETTERS[one]).join("")}`;
  }

  // What each row looks like at each place: an automaton reads the way (kit/views/page/beliefs.py).
  looks(places, edges) {
    const { data, nodes } = this.graph;
    const states = data.rows.map(() => 0);
    return places.map((place, number) => {
      if (number) {
        data.rows.forEach((row, n) => {
          const told = row.by === "sent" ? edges[number - 1].sent : nodes[place].standing;
          states[n] = row.moves[states[n]][told] ?? states[n];
        });
      }
      return data.rows.map((row, n) => row.looks[row.states[states[n]]]);
    });
  }

  // -- what is shown -------------------------------------------------------------------------------

  show() {
    const { data, graph } = this;
    const places = this.places;
    const here = graph.nodes[places.at(-1)];
    const edges = this.edges();
    const draw = () => this.root.replaceChildren(
      h("h2", {}, "What could happen next"),
      h("p", { class: "kit-soft" }, `Every order of events in a small scope, without times: ${data.scope}; ${graph.nodes.length.toLocaleString("en")} states.`),
      this.heads(),
      this.picture(places, edges),
      this.verdict(places, edges),
      this.menu(here),
      this.table(places, edges),
      this.curve(places),
    );
    redrawn(this.root, draw, () => this.root.querySelector(".kit-next button").focus({ preventScroll: true }));
  }

  heads() {
    return h(
      "div",
      { class: "kit-buttons" },
      h("span", { class: "kit-soft" }, "QEMU at "),
      ...this.graphs.map((graph) =>
        press(graph.data.revision, `at ${graph.data.revision}`, () => this.move(graph), {
          "aria-pressed": String(graph === this.graph),
        }),
      ),
    );
  }

  picture(places, edges) {
    const { data } = this.graph;
    const looks = this.looks(places, edges);
    const bars = [];
    const sent = [];
    const chips = [];
    let x = data.names;
    looks.forEach((here, number) => {
      const message = number ? data.messages[edges[number - 1].sent] : { svg: "", width: START };
      // a belief is named where it begins; the last ones are named at the right end
      const begun = here.filter((look, n) => number < edges.length && look.chip && (!number || look !== looks[number - 1][n]));
      const before = number ? CLEAR : 2;
      const wide = Math.max(message.width, ...begun.map((look) => look.width + before + 6));
      bars.push(`<g transform="translate(${x} 0) scale(${wide} 1)">${here.map((look) => look.bar).join("")}</g>`);
      chips.push(`<g transform="translate(${x + before} 0)">${begun.map((look) => look.chip).join("")}</g>`);
      // a choice's messages stand over what they bring about
      if (number) sent.push(`<g transform="translate(${x} 0)">${message.svg}<text x="10" y="14" style="fill:var(--kit-soft);font-size:11.5px">${number}</text></g>`);
      x += wide;
    });
    const last = looks.at(-1);
    chips.push(`<g transform="translate(${x + 10} 0)"><text y="14" style="fill:var(--kit-soft);font-size:11.5px">believes now</text>${last.map((look) => look.chip).join("")}</g>`);
    const wide = Math.max(x + CHIPS, 640);
    const label = `${edges.length} choices so far. ${last.map((look) => look.words).filter((words) => words).join("; ")}`;
    const svg = `<svg xmlns="${SVG}" viewBox="0 0 ${wide} ${data.height}" width="${wide}" height="${data.height}" role="img">${data.back}${bars.join("")}${chips.join("")}${sent.join("")}</svg>`;
    const box = h("div", { class: "kit-way", tabindex: "0", role: "group", "aria-label": "the way so far", html: svg });
    box.firstChild.setAttribute("aria-label", label);
    requestAnimationFrame(() => (box.scrollLeft = box.scrollWidth));
    return box;
  }

  verdict(places, edges) {
    const { data } = this.graph;
    const last = edges.at(-1);
    const said = last
      ? data.messages[last.sent].said
      : ["The start: everything is plugged and used, and nobody has requested anything."];
    const words = last ? `Choice ${edges.length}: ${data.actions[last.action].words}.` : "";
    return h(
      "div",
      { class: "kit-verdict", role: "status", "aria-live": "polite" },
      words ? h("strong", {}, words) : null,
      ...(said.length ? said : ["Nobody sends anything. Messages that were sent earlier arrive."]).map((one) => h("div", {}, one)),
      this.note ? h("div", { class: "kit-silent" }, this.note) : null,
    );
  }

  menu(here) {
    const { actions } = this.graph.data;
    const parties = ["operator", "libvirt", "QEMU", "guest"];
    const groups = parties.map((party) => {
      const found = here.edges.flatMap((edge, choice) => (actions[edge.action].party === party ? [[edge, choice]] : []));
      if (!found.length) return null;
      return h(
        "span",
        { class: "kit-group", role: "group", "aria-label": party },
        h("span", { class: "kit-name" }, party),
        h("span", { class: "kit-buttons" }, ...found.map(([edge, choice]) =>
          press(actions[edge.action].words, `do ${actions[edge.action].words}`, () => this.take(choice)))),
      );
    });
    const none = here.edges.length ? null : h("span", {}, "Nothing can happen any more.");
    const moved = this.choices.length ? {} : { disabled: true };
    return h(
      "div",
      { class: "kit-next" },
      none,
      ...groups,
      h("span", { class: "kit-buttons" },
        press("Undo", "undo", () => this.undo(), moved),
        press("Start again", "again", () => this.again(), moved),
        press("Copy the token", "token", () => this.give(), moved)),
    );
  }

  async give() {
    const token = this.token();
    this.note = (await copy(token)) ? `Copied. In a terminal: kit open ${token}` : `In a terminal: kit open ${token}`;
    this.show();
  }

  table(places, edges) {
    const { nodes } = this.graph;
    const seen = places.reduce((mask, place) => mask | nodes[place].shown, 0);
    const met = edges.reduce((mask, edge) => mask | edge.met, 0);
    const rows = this.data.properties.map((property, number) => {
      const bit = 1 << number;
      const { far, share } = this.graph.of(number);
      const here = places.at(-1);
      const there = far[here];
      const way = (seen & bit && (property.example ? "seen" : "violated")) || (met & bit ? (property.example ? "exercised, not seen" : "exercised, holds") : "not exercised");
      const next = there < 0 ? (property.example ? "cannot be seen" : "cannot be violated") : there === 0 ? "here" : `in ${there} ${there === 1 ? "choice" : "choices"}`;
      const style = seen & bit ? (property.example ? "kit-told" : "kit-error") : "kit-soft";
      return h(
        "tr",
        { class: number === this.watched ? "kit-now" : "" },
        h("th", { scope: "row" }, h("button", {
          type: "button", class: "kit-button kit-quiet", "data-key": `watch ${number}`, title: property.sentence,
          "aria-pressed": String(number === this.watched), onclick: () => { this.watched = number; this.show(); },
        }, property.name)),
        h("td", { class: style }, way),
        h("td", { class: "kit-part" }, `${(100 * share[here]).toFixed(share[here] && share[here] < 0.01 ? 1 : 0)} %`),
        h("td", {}, h("span", {}, next), there > 0
          ? press(property.example ? "Show one" : "Shortest way", `way ${number}`, () => this.shortest(number), {
              "aria-label": `the shortest way to ${property.example ? "an example" : "a violation"} of ${property.name}` })
          : null),
      );
    });
    return h(
      "div",
      { class: "kit-scroll", tabindex: "0", role: "group", "aria-label": "properties" },
      h("table", { class: "kit-futures-table" },
        h("thead", {}, h("tr", {}, ...["property", "on this way", "share of futures", "from here"].map((words) => h("th", { scope: "col" }, words)))),
        h("tbody", {}, ...rows)),
    );
  }

  curve(places) {
    const property = this.data.properties[this.watched];
    const { share } = this.graph.of(this.watched);
    const values = places.map((place) => share[place]);
    const wide = Math.min(420, this.root.clientWidth - 12);
    const high = 90;
    const left = 48; // of the words
    const x = (n) => left + (values.length > 1 ? (n * (wide - left - 20)) / (values.length - 1) : 0);
    const y = (value) => 8 + (1 - value) * (high - 28);
    const line = values.map((value, n) => `${x(n).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    const dots = values.map((value, n) => `<circle cx="${x(n)}" cy="${y(value)}" r="3" style="fill:var(--kit-hold)"/>`).join("");
    const words = (at, top, text, anchor) => `<text x="${at}" y="${top}" style="fill:var(--kit-soft);font-size:11.5px;text-anchor:${anchor}">${text}</text>`;
    const svg = `<svg xmlns="${SVG}" viewBox="0 0 ${wide} ${high}" width="${wide}" height="${high}" role="img">
      <line x1="${left}" y1="${y(0)}" x2="${wide - 20}" y2="${y(0)}" style="stroke:var(--kit-line)"/><line x1="${left}" y1="${y(1)}" x2="${wide - 20}" y2="${y(1)}" style="stroke:var(--kit-line)"/>
      <polyline points="${line}" style="fill:none;stroke:var(--kit-hold);stroke-width:2"/>${dots}
      ${words(left - 6, y(1) + 4, "100 %", "end")}${words(left - 6, y(0) + 4, "0 %", "end")}${words(left, high - 4, "start", "middle")}${values.length > 1 ? words(wide - 20, high - 4, `choice ${values.length - 1}`, "end") : ""}</svg>`;
    const percent = values.map((value) => `${Math.round(100 * value)} %`).join(", ");
    const drawn = h("div", { class: "kit-curve", html: svg });
    drawn.firstChild.setAttribute("aria-label", `How inevitable: ${property.name}, from the start: ${percent}`);
    const asks = property.example ? "an example comes" : "it is violated";
    return h(
      "div",
      {},
      h("h3", {}, `How inevitable: ${property.name}`),
      h("p", { class: "kit-soft" }, `${property.sentence} Share of futures in which ${asks}, at each step of this way, if every action that can happen is equally likely.`),
      drawn,
    );
  }
}
