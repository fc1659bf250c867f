// Tells screen readers which toggles of a widget are pressed.  The buttons of ipywidgets have a
// class for it, which is seen and not heard.

const LOOK_MS = 50;
const MARKED = { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] };

function say(root) {
  for (const one of root.querySelectorAll("button.kit-toggle")) {
    const pressed = String(one.classList.contains("kit-chosen"));
    if (one.getAttribute("aria-pressed") !== pressed) one.setAttribute("aria-pressed", pressed);
  }
}

function render({ el }) {
  el.style.display = "none";
  let watch = null;
  // a view is drawn before it stands in its widget
  const looking = setInterval(() => {
    const root = el.closest(".kit");
    if (!root) return;
    clearInterval(looking);
    say(root);
    watch = new MutationObserver(() => say(root));
    watch.observe(root, MARKED);
  }, LOOK_MS);
  return () => {
    clearInterval(looking);
    if (watch) watch.disconnect();
  };
}

export default { render };
