// Three buttons that take a picture along: the kernel writes it, the browser copies or saves it.

const WORDS = { text: "copy as text", mail: "copy for mail", svg: "save SVG" };

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // no clipboard for a page that is not secure: the old way, which needs a selection
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function render({ model, el }) {
  el.classList.add("kit-share");
  // JupyterLab takes letters and arrows for commands of its own
  el.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" && event.key !== "Escape") event.stopPropagation();
  });
  const said = document.createElement("span");
  said.className = "kit-soft";
  said.setAttribute("role", "status");
  const shown = document.createElement("textarea");
  shown.readOnly = true;
  shown.hidden = true;
  shown.rows = 12;
  shown.setAttribute("aria-label", "the text to copy");
  for (const [what, words] of Object.entries(WORDS)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "jupyter-button";
    button.textContent = words;
    button.addEventListener("click", () => model.send({ want: what }));
    el.append(button);
  }
  el.append(said, shown);
  model.on("msg:custom", async (message) => {
    shown.hidden = true;
    if (message.error) {
      said.textContent = message.error;
    } else if (message.what === "svg") {
      save(message.name, message.text);
      said.textContent = `saved: ${message.name}`;
    } else if (await copy(message.text)) {
      said.textContent = `copied: ${message.text.split("\n").length} lines`;
    } else {
      said.textContent = "this browser does not copy: select the text and copy it yourself";
      shown.value = message.text;
      shown.hidden = false;
      shown.select();
    }
  });
}

export default { render };
