// What a widget of several parts is to the page around it: which of its toggles are pressed, for
// screen readers, where the learner is, for whoever keeps that, and which keys are its own.
//
// The buttons of ipywidgets have a class for "pressed", which is seen and not heard.

const LOOK_MS = 50;
const MARKED = { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] };

function say(root) {
  for (const one of root.querySelectorAll("button.kit-toggle")) {
    const pressed = String(one.classList.contains("kit-chosen"));
    if (one.getAttribute("aria-pressed") !== pressed) one.setAttribute("aria-pressed", pressed);
  }
}

const TURNS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

// arrows go from button to button of one group; in a table up and down by whole rows
function neighbour(button, [right, down]) {
  const group = button.closest(".kit-grid, .kit-choices, .kit-row");
  if (!group) return null;
  const buttons = [...group.querySelectorAll("button")].filter((one) => one.getClientRects().length);
  const table = group.matches(".kit-grid");
  const columns = table ? getComputedStyle(group).gridTemplateColumns.split(" ").length - 1 : 1;
  return buttons[buttons.indexOf(button) + right + down * columns];
}

function onKey(event) {
  const { key, target } = event;
  // a cockpit inside has keys of its own
  if (target.closest(".kit-cockpit") || key === "Tab" || key === "Escape" || event.ctrlKey || event.metaKey) return;
  event.stopPropagation(); // JupyterLab takes letters and arrows for commands of its own
  if (!target.matches("button") || event.altKey) return;
  if (key === "p") document.dispatchEvent(new CustomEvent("kit-present")); // for the extension
  const next = TURNS[key] && neighbour(target, TURNS[key]);
  if (next) next.focus();
  if (TURNS[key]) event.preventDefault();
}

function render({ model, el }) {
  el.style.display = "none";
  let root = null;
  let watch = null;
  const tell = () => {
    if (!root || !Object.keys(model.get("place")).length) return;
    root.dispatchEvent(new CustomEvent("kit-place", { bubbles: true, detail: model.get("place") }));
  };
  const comeBack = (event) => {
    if (event.target === root) model.send({ place: event.detail });
  };
  // a view is drawn before it stands in its widget
  const looking = setInterval(() => {
    if (!el.isConnected) return;
    root = el.closest(".kit");
    clearInterval(looking);
    say(root);
    watch = new MutationObserver(() => say(root));
    watch.observe(root, MARKED);
    root.addEventListener("kit-return", comeBack);
    root.addEventListener("keydown", onKey);
    tell();
  }, LOOK_MS);
  model.on("change:place", tell);
  return () => {
    clearInterval(looking);
    model.off("change:place", tell);
    if (watch) watch.disconnect();
    if (!root) return;
    root.removeEventListener("kit-return", comeBack);
    root.removeEventListener("keydown", onKey);
  };
}

export default { render };
