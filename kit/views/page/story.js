// A page that plays: the cockpit, and in the kernel's place what was prepared when it was written.

async function unpacked(node) {
  const bytes = Uint8Array.from(atob(node.textContent), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

function press(words, key, act, more = {}) {
  return h("button", { type: "button", class: "kit-button", "data-key": key, onclick: act, ...more }, words);
}

// Draw a part anew; what had the focus has it again, or `lost` is called.
function redrawn(root, draw, lost = () => {}) {
  const active = document.activeElement;
  const key = active && root.contains(active) ? active.dataset.key : "";
  draw();
  const again = key && root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again) again.focus({ preventScroll: true });
  else if (key) lost();
}

class Story {
  constructor(root, data, retitle) {
    this.data = data;
    this.retitle = retitle;
    this.asks = data.asks;
    this.width = data.view.picture.width;
    this.cockpit = new Cockpit(root, (told) => this.heard(told));
    this.cockpit.update(this.view());
  }

  view(resized = false) {
    const { view, pictures, asked } = this.data;
    const drawn = pictures.find((one) => one.picture.width === this.width);
    const positions = view.positions.map((one, n) => ({ ...one, x: drawn.xs[n] }));
    const index = this.asks ? 0 : positions.length - 1;
    const here = { index, x: positions[index].x, at: positions[index].at };
    const words = this.asks
      ? { do: "reveal", words: "Show all", tip: "Show the whole run at once" }
      : { do: "ask", words: "Predict first", tip: "Hide what happens, and answer a question before you play it" };
    const more = this.asks ? { ...asked, fog: true, story: `${view.story}?` } : {};
    return { ...view, ...more, positions, here, resized, picture: drawn.picture, beside: asked ? [words] : [] };
  }

  heard(told) {
    if (told.want !== undefined) {
      const [name, text] = this.data.shares[told.want];
      this.cockpit.message({ what: told.want, name, text });
    } else if (told.do === "size") {
      this.resize(Number(told.value.split(" ")[0]));
    } else if (told.do === "look") {
      const { codes, source } = this.data;
      this.cockpit.setCode({ html: codes.texts[codes.at[told.index]], source, note: "", placeholder: "", buttons: [] });
    } else if (told.do === "ask" || told.do === "reveal") {
      this.asks = told.do === "ask";
      this.retitle(this.asks);
      this.cockpit.update(this.view());
    }
  }

  resize(units) {
    const widths = this.data.pictures.map((one) => one.picture.width);
    const fits = widths.filter((width) => width <= units);
    const width = fits.length ? Math.max(...fits) : Math.min(...widths);
    if (width === this.width) return;
    this.width = width;
    // after the cockpit is ready: it asks while it shows a view
    queueMicrotask(() => this.cockpit.update(this.view(true)));
  }
}
