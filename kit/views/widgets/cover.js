// The cover, live: a handle for the guest's time and a button.  The pictures come with the widget, so
// nothing is asked of the kernel; the browser plays them.

function render({ model, el }) {
  el.classList.add("kit", "kit-cover-live");
  // JupyterLab takes letters and arrows for commands of its own
  el.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" && event.key !== "Escape") event.stopPropagation();
  });
  const style = document.createElement("style");
  style.textContent = model.get("sheet");
  const [first, last] = model.get("delays");

  const button = document.createElement("button");
  button.type = "button";
  button.className = "kit-button kit-primary";
  button.textContent = "Take the CPU away";

  const label = document.createElement("label");
  const handle = document.createElement("input");
  Object.assign(handle, { type: "range", min: first, max: last, step: 1, value: model.get("delay") });
  const number = document.createElement("output");
  label.append("the guest needs ", handle, " ", number);

  const row = document.createElement("div");
  row.className = "kit-cover-row";
  row.append(button, label);
  const stage = document.createElement("div");
  const said = document.createElement("p");
  said.className = "kit-unseen";
  said.setAttribute("role", "status");

  function show(how) {
    number.textContent = `${handle.value} s`;
    stage.innerHTML = model.get("pictures")[handle.value - first];
    if (how) stage.firstElementChild.classList.add(how);
    if (how !== "paused") said.textContent = stage.firstElementChild.getAttribute("aria-label");
  }
  const tell = () => el.dispatchEvent(new CustomEvent("kit-place", { bubbles: true, detail: { delay: handle.value } }));
  button.addEventListener("click", () => show(""));
  handle.addEventListener("input", () => show("still"));
  handle.addEventListener("change", () => {
    show("");
    tell();
  });
  el.addEventListener("kit-return", (event) => {
    handle.value = event.detail.delay;
    show("still");
  });
  // it has no place in the page yet
  const standing = new ResizeObserver(() => {
    standing.disconnect();
    tell();
  });
  standing.observe(row);
  el.append(style, row, stage, said);
  show("paused");
}

export default { render };
