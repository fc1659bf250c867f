// A page with one story.

async function start() {
  const root = document.getElementById("kit-cockpit");
  const data = await unpacked(document.getElementById("kit-story"));
  document.querySelector("style").before(h("style", {}, data.styles));
  const story = new Story(root, data, (asks) => {
    document.body.classList.toggle("kit-asks", asks); // the text below gives the answer
    document.querySelector("h1").textContent = asks ? data.asked.veil : document.title;
  });
  document.body.classList.add("kit-plays");
  const text = document.getElementById("kit-text");
  text.open = false;
  addEventListener("beforeprint", () => (text.open = true));
  // letters act only in the cockpit: a person who dictates types them anywhere
  const letter = (event) => event.key.length === 1 && event.key !== " ";
  addEventListener("keydown", (event) => event.target === document.body && !letter(event) && story.cockpit.key(event));
  if (location.hash === "#predict" && story.data.asked) story.heard({ do: "ask" });
  story.cockpit.fit();
  story.cockpit.measure();
  const next = document.getElementById("kit-what-next");
  if (next) new Futures(next, await unpacked(document.getElementById("kit-futures")));
}

start();
