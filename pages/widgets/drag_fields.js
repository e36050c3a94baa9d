// The field list and the shelves of the builder. Data comes from Python, every change goes back to it as a "move".
// Text is only ever set as text, so nothing that a dataset is called becomes markup.

const VIEWS = new WeakMap();
// Both views are instances of this script; what is being dragged from one to the other lies on the window.
const DRAGGED = Symbol.for("broadsheet.dragged");
const PLACES = { rows: "rows", columns: "columns", values: "values", table: "columns" };

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function icon(name, className = "icon") {
  return make("span", { class: className, "aria-hidden": "true" }, name);
}

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  if (!root) return undefined;
  const view = VIEWS.get(root) ?? { root, search: "" };
  VIEWS.set(root, view);
  view.data = component.data;
  view.send = (move) => component.setTriggerValue("move", move);
  const focused = root.getRootNode().activeElement?.dataset?.focus;
  if (component.data.view === "fields") drawFields(view);
  else drawShelves(view);
  if (focused) refocus(root, focused);
  return () => VIEWS.delete(root);
}

// After a change its control may be gone; the keyboard stays where it was, or near.
function refocus(root, focused) {
  const same = root.querySelector(`[data-focus="${CSS.escape(focused)}"]`);
  (same ?? root.querySelector("[data-focus]"))?.focus({ preventScroll: true });
}

// ---------------------------------------------------------------- fields

function drawFields(view) {
  const { root } = view;
  if (!view.list) {
    view.input = make("input", {
      type: "search",
      class: "search",
      placeholder: "Search fields",
      "aria-label": "Search fields",
      "data-focus": "search",
      autocomplete: "off",
      oninput: (event) => {
        view.search = event.target.value;
        fillList(view);
      },
      onkeydown: (event) => {
        if (event.key === "ArrowDown") {
          event.preventDefault();
          view.list.querySelector(".field")?.focus();
        }
      },
    });
    view.list = make("div", { class: "list" });
    root.replaceChildren(make("label", { class: "searching" }, icon("search"), view.input), view.list);
    root.ondragover = (event) => {
      if (window[DRAGGED]?.from) event.preventDefault();
    };
    root.ondrop = (event) => {
      event.preventDefault();
      const dragged = window[DRAGGED];
      if (dragged?.from) view.send({ do: "remove", what: dragged.what, from: dragged.from });
    };
  }
  fillList(view);
}

function fillList(view) {
  const sought = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = view.data.groups
    .map((group) => ({ ...group, items: group.items.filter((item) => sought.every((word) => item.words.includes(word))) }))
    .filter((group) => group.items.length);
  view.list.replaceChildren(
    ...groups.map((group) =>
      make(
        "div",
        { class: `group ${group.kind}`, role: "group", "aria-label": group.title },
        make("div", { class: "eyebrow" }, group.title),
        ...group.items.map((item) => field(view, item)),
      ),
    ),
    ...(groups.length ? [] : [make("p", { class: "nothing" }, view.data.nothing)]),
  );
}

function field(view, item) {
  const hints = [item.help, item.personal ? "Personal data" : ""].filter(Boolean).join(" · ");
  const button = make(
    "button",
    {
      type: "button",
      class: "field",
      draggable: "true",
      title: hints || null,
      "aria-pressed": String(item.used),
      "data-focus": item.id,
      onclick: () => view.send({ do: "toggle", what: item.id }),
      onkeydown: (event) => walk(event, view.list, ".field"),
      ondragstart: (event) => lift(event, { what: item.id, only: item.only }),
      ondragend: letGo,
    },
    icon(item.icon),
    make("span", { class: "label" }, item.label),
    item.personal ? icon("person_alert", "icon personal") : null,
    item.personal ? make("span", { class: "unseen" }, ", personal data") : null,
    item.used ? icon("check", "icon used") : null,
  );
  const places = (item.only ?? view.data.places).filter((place) => view.data.places.includes(place) || item.only);
  const menu = menuOf([
    ...places.map((place) => ({
      label: `Add to ${PLACES[place]}`,
      act: () => view.send({ do: "place", what: item.id, to: place }),
    })),
    ...(item.only ? [] : [{ label: "Filter by it", act: () => view.send({ do: "filter", what: item.id }) }]),
  ]);
  const more = opener(menu, `Where ${item.label} goes`, `${item.id} more`, icon("more_vert"), "more");
  return make("div", { class: "line" }, button, more, menu);
}

// ---------------------------------------------------------------- shelves

function drawShelves(view) {
  view.root.replaceChildren(
    make("div", { class: "shelves" }, ...view.data.shelves.map((shelf) => drawShelf(view, shelf))),
  );
}

function drawShelf(view, shelf) {
  const chips = shelf.chips.map((chip, at) => drawChip(view, shelf, chip, at));
  const line = make(
    "div",
    { class: "chips" },
    ...(chips.length ? chips : [make("span", { class: "hint" }, "Drag a field here")]),
  );
  const element = make(
    "div",
    { class: `shelf ${shelf.id}`, role: "group", "aria-label": shelf.title },
    make("span", { class: "eyebrow" }, shelf.title),
    line,
  );
  element.ondragover = (event) => {
    if (!suits(shelf)) return;
    event.preventDefault();
    element.classList.add("over");
    mark(line, spot(line, event.clientX, event.clientY));
  };
  element.ondragleave = (event) => {
    if (!element.contains(event.relatedTarget)) unmark(element);
  };
  element.ondrop = (event) => {
    if (!suits(shelf)) return;
    event.preventDefault();
    const dragged = window[DRAGGED];
    const at = spot(line, event.clientX, event.clientY);
    unmark(element);
    view.send({ do: "place", what: dragged.what, from: dragged.from ?? "", to: shelf.id, at });
  };
  return element;
}

function drawChip(view, shelf, chip, at) {
  const places = view.data.shelves.map((one) => one.id);
  const away = { what: chip.id, from: shelf.id };
  const entries = [
    ...(chip.choices ?? []).map((choice) => ({
      label: choice.label,
      chosen: choice.chosen,
      act: () => view.send({ do: chip.choose, what: chip.id, value: choice.value }),
    })),
    chip.choices ? null : undefined,
    at > 0 ? { label: "Move left", act: () => view.send({ do: "place", to: shelf.id, at: at - 1, ...away }) } : undefined,
    at < shelf.chips.length - 1
      ? { label: "Move right", act: () => view.send({ do: "place", to: shelf.id, at: at + 1, ...away }) }
      : undefined,
    ...places
      .filter((place) => place !== shelf.id && (shelf.id !== "values" || chip.choose === "condense"))
      .map((place) => ({ label: `Move to ${PLACES[place]}`, act: () => view.send({ do: "place", to: place, ...away }) })),
    chip.more ? { label: chip.more, act: () => view.send({ do: "more", what: chip.id }) } : undefined,
    { label: "Remove", act: () => view.send({ do: "remove", ...away }) },
  ].filter((entry) => entry !== undefined);
  const menu = menuOf(entries.map((entry) => entry ?? "line"));
  const label = make(
    "span",
    { class: "name" },
    make("span", { class: "label" }, chip.label),
    chip.part ? make("span", { class: "part" }, ` ${chip.part}`) : null,
  );
  const button = opener(menu, null, `${shelf.id} ${chip.id}`, label, "open");
  if (chip.personal) button.prepend(icon("person_alert", "icon personal"), make("span", { class: "unseen" }, "Personal data: "));
  button.onkeydown = (event) => {
    if (event.key === "Delete" || event.key === "Backspace") view.send({ do: "remove", ...away });
    else if (event.altKey && event.key === "ArrowLeft" && at > 0) {
      event.preventDefault();
      view.send({ do: "place", to: shelf.id, at: at - 1, ...away });
    } else if (event.altKey && event.key === "ArrowRight" && at < shelf.chips.length - 1) {
      event.preventDefault();
      view.send({ do: "place", to: shelf.id, at: at + 1, ...away });
    } else walk(event, view.root, ".open");
  };
  const drop = make(
    "button",
    { type: "button", class: "drop", "aria-label": `Remove ${chip.label}`, onclick: () => view.send({ do: "remove", ...away }) },
    icon("close"),
  );
  return make(
    "div",
    {
      class: `chip ${shelf.id === "values" ? "measure" : "dimension"}`,
      draggable: "true",
      "data-chip": chip.id,
      ondragstart: (event) => lift(event, away),
      ondragend: letGo,
    },
    button,
    drop,
    menu,
  );
}

// ---------------------------------------------------------------- dragging

function lift(event, dragged) {
  window[DRAGGED] = dragged;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", event.currentTarget.querySelector(".label")?.textContent ?? "");
  event.currentTarget.classList.add("lifted");
}

function letGo(event) {
  window[DRAGGED] = undefined;
  event.currentTarget.classList.remove("lifted");
}

function suits(shelf) {
  const dragged = window[DRAGGED];
  return Boolean(dragged) && (!dragged.only || dragged.only.includes(shelf.id));
}

// The position among the chips that are not being dragged.
function spot(line, x, y) {
  const others = [...line.querySelectorAll(".chip:not(.lifted)")];
  const after = others.findIndex((chip) => {
    const box = chip.getBoundingClientRect();
    return y < box.top || (y <= box.bottom && x < box.left + box.width / 2);
  });
  return after < 0 ? others.length : after;
}

function mark(line, at) {
  const others = [...line.querySelectorAll(".chip:not(.lifted)")];
  others.forEach((chip, n) => {
    chip.classList.toggle("before", n === at);
    chip.classList.toggle("after", n === others.length - 1 && at === others.length);
  });
}

function unmark(element) {
  element.classList.remove("over");
  element.querySelectorAll(".before, .after").forEach((chip) => chip.classList.remove("before", "after"));
}

// ---------------------------------------------------------------- menus and keys

function opener(menu, label, focus, content, className) {
  const button = make(
    "button",
    {
      type: "button",
      class: className,
      "aria-label": label,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "data-focus": focus,
      onclick: () => menu.togglePopover(),
    },
    content,
  );
  menu.addEventListener("toggle", (event) => {
    const isOpen = event.newState === "open";
    button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    const box = button.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - menu.offsetWidth - 8);
    const isBelow = box.bottom + menu.offsetHeight + 8 < window.innerHeight;
    menu.style.left = `${Math.max(8, left)}px`;
    menu.style.top = `${isBelow ? box.bottom + 2 : Math.max(8, box.top - menu.offsetHeight - 2)}px`;
    (menu.querySelector("[aria-checked=true]") ?? menu.querySelector("button"))?.focus();
  });
  return button;
}

function menuOf(entries) {
  const menu = make("div", { class: "menu", role: "menu", popover: "auto" });
  menu.append(
    ...entries.map((entry) =>
      entry === "line"
        ? make("hr")
        : make(
            "button",
            {
              type: "button",
              role: entry.chosen === undefined ? "menuitem" : "menuitemradio",
              "aria-checked": entry.chosen === undefined ? null : String(entry.chosen),
              tabindex: "-1",
              onclick: () => {
                menu.hidePopover();
                entry.act();
              },
              onkeydown: (event) => walk(event, menu, "button"),
            },
            entry.label,
          ),
    ),
  );
  return menu;
}

function walk(event, within, selector) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const all = [...within.querySelectorAll(selector)];
  const here = all.indexOf(event.currentTarget);
  let next = here;
  if (event.key in steps && !event.altKey) next = (here + steps[event.key] + all.length) % all.length;
  else if (event.key === "Home") next = 0;
  else if (event.key === "End") next = all.length - 1;
  else return;
  event.preventDefault();
  all[next].focus();
}
