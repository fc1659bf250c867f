// What a widget of several parts is to the page around it: which of its toggles are pressed, for
// screen readers, and where the learner is, for whoever keeps that.
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
    tell();
  }, LOOK_MS);
  model.on("change:place", tell);
  return () => {
    clearInterval(looking);
    model.off("change:place", tell);
    if (watch) watch.disconnect();
    if (root) root.removeEventListener("kit-return", comeBack);
  };
}

export default { render };
