// What the page listens for: leaving it with changes that are not saved, and the keys of undo and redo.

const LISTENING = Symbol.for("broadsheet.listening");
const UNTYPED = ["button", "checkbox", "radio", "range", "color", "file", "submit", "reset"];

export default function (component) {
  const { screen, is_changed: isChanged, question } = component.data;
  stop();
  const press = (event) => undoing(event, screen);
  const unload = (event) => event.preventDefault();
  const click = (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.composedPath().find((element) => element.tagName === "A" && element.href);
    if (!link || link.target === "_blank" || link.hasAttribute("download")) return;
    const to = new URL(link.href, location.href);
    const isHereOrAway = to.origin !== location.origin || to.pathname === location.pathname;
    if (isHereOrAway || window.confirm(question)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("keydown", press);
  if (isChanged) {
    window.addEventListener("beforeunload", unload);
    document.addEventListener("click", click, true);
  }
  window[LISTENING] = () => {
    document.removeEventListener("keydown", press);
    window.removeEventListener("beforeunload", unload);
    document.removeEventListener("click", click, true);
    window[LISTENING] = undefined;
  };
  return stop;
}

function stop() {
  window[LISTENING]?.();
}

function undoing(event, screen) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return;
  if (isTyped(event.composedPath()[0])) return;
  const name = key === "y" || event.shiftKey ? "redo" : "undo";
  const button = document.querySelector(`.st-key-${screen}_${name} button:not(:disabled)`);
  if (!button) return;
  event.preventDefault();
  button.click();
}

// In a text the keys undo the typing.
function isTyped(element) {
  if (element.isContentEditable || element.tagName === "TEXTAREA") return true;
  return element.tagName === "INPUT" && !UNTYPED.includes(element.type);
}
