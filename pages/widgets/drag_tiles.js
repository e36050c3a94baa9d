// Moving and sizing the tiles of a dashboard with the pointer. Streamlit draws the tiles; this script listens on the
// page for their grips and corners, shows where a tile would go, and sends what was done as one "move" when it ends.

const LISTENING = Symbol.for("broadsheet.tiles");
const TILE = '[class*="st-key-dashboard_tile_"]';
const ROW = '[class*="st-key-dashboard_row_"]';
// Tiles stand below each other on screens up to here, where Streamlit stacks columns.
const STACKED = 640;
const LEAST_COLUMNS = 2;
// Up and down, this part of a tile at its edges means a row of its own.
const EDGE = 0.22;

export default function (component) {
  const { tiles, columns, heights } = component.data;
  window[LISTENING]?.();
  const known = new Map(tiles.map((tile) => [tile.id, tile]));
  const send = (move) => component.setTriggerValue("move", move);
  let drag = null;

  const press = (event) => {
    const handle = event.target.closest?.(".bs-grip, .bs-corner");
    const box = handle?.closest(TILE);
    const tile = known.get(handle?.dataset.tile);
    if (!box || !tile || event.button || window.innerWidth <= STACKED) return;
    event.preventDefault();
    const begin = handle.className === "bs-grip" ? beginMove : beginSize;
    drag = begin({ box, tile, known, columns, heights, x: event.clientX, y: event.clientY });
    document.body.append(drag.shown);
    document.documentElement.classList.add("bs-dragging");
  };
  const move = (event) => drag?.follow(event.clientX, event.clientY);
  const finish = (event, isKept) => {
    if (!drag) return;
    const found = isKept ? drag.follow(event.clientX, event.clientY) : null;
    drag.box.classList.remove("bs-lifted");
    drag.shown.remove();
    document.documentElement.classList.remove("bs-dragging");
    drag = null;
    if (found) send(found);
  };
  const release = (event) => finish(event, true);
  const cancel = (event) => (event.type !== "keydown" || event.key === "Escape") && finish(event, false);

  const heard = [
    ["pointerdown", press],
    ["pointermove", move],
    ["pointerup", release],
    ["pointercancel", cancel],
    ["keydown", cancel],
  ];
  heard.forEach(([name, listener]) => document.addEventListener(name, listener));
  const stop = () => {
    finish(null, false);
    heard.forEach(([name, listener]) => document.removeEventListener(name, listener));
    if (window[LISTENING] === stop) window[LISTENING] = undefined;
  };
  window[LISTENING] = stop;
  return stop;
}

function marker(className) {
  const shown = document.createElement("div");
  shown.className = className;
  shown.setAttribute("aria-hidden", "true");
  return shown;
}

function lay(shown, { left, top, width, height }) {
  Object.assign(shown.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
}

// ---------------------------------------------------------------- moving

function beginMove({ box, tile, known, columns }) {
  const shown = marker("bs-drop");
  shown.hidden = true;
  box.classList.add("bs-lifted");
  const follow = (x, y) => {
    const target = nearest(known, tile.id, x, y);
    shown.hidden = !target;
    if (!target) return null;
    const side = sideOf(target, hasRoom(known, tile, target.id, columns), x, y);
    lay(shown, lineAt(target.rect, target.row, side));
    return { do: "put", what: tile.id, by: target.id, side };
  };
  return { box, shown, follow };
}

// The tile under the pointer, or of the row at its height the one that is nearest sideways.
function nearest(known, dragged, x, y) {
  const others = [...document.querySelectorAll(".bs-grip")]
    .filter((grip) => known.has(grip.dataset.tile) && grip.dataset.tile !== dragged)
    .map((grip) => {
      const rect = grip.closest(TILE).getBoundingClientRect();
      return { id: grip.dataset.tile, rect, row: grip.closest(ROW).getBoundingClientRect() };
    });
  const away = ({ rect, row }) => {
    const across = Math.max(rect.left - x, x - rect.right, 0);
    return Math.max(row.top - y, y - row.bottom, 0) * 100 + across;
  };
  return others.sort((one, other) => away(one) - away(other))[0];
}

// A row without room for the tile is not torn apart: the tile goes above or below it.
function hasRoom(known, tile, other, columns) {
  const { row } = known.get(other);
  const mates = [...known.values()].filter((one) => one.row === row && one.id !== tile.id);
  return mates.reduce((sum, one) => sum + one.width, tile.width) <= columns;
}

function sideOf({ rect, row }, isRoomy, x, y) {
  const edge = isRoomy ? EDGE : 0.5;
  const place = (y - row.top) / row.height;
  if (place < edge) return "above";
  if (place > 1 - edge || !isRoomy) return "below";
  return x < rect.left + rect.width / 2 ? "left" : "right";
}

function lineAt(rect, row, side) {
  if (side === "above" || side === "below") {
    return { left: row.left, top: (side === "above" ? row.top : row.bottom) - 2, width: row.width, height: 4 };
  }
  return { left: (side === "left" ? rect.left - 8 : rect.right + 8) - 2, top: rect.top, width: 4, height: rect.height };
}

// ---------------------------------------------------------------- sizing

function beginSize({ box, tile, columns, heights, x: startX, y: startY }) {
  const shown = marker("bs-sizing");
  const row = box.closest(ROW).getBoundingClientRect();
  const start = box.getBoundingClientRect();
  const step = row.width / columns;
  const offered = tile.is_high ? heights : heights.filter((one) => one.id === tile.height);
  const room = (name) => heights.find((one) => one.id === name).px;
  const follow = (x, y) => {
    const reached = Math.round((start.width + x - startX) / step);
    const width = Math.min(columns, Math.max(LEAST_COLUMNS, reached));
    const wanted = room(tile.height) + y - startY;
    const height = offered.reduce((best, one) => (Math.abs(one.px - wanted) < Math.abs(best.px - wanted) ? one : best));
    const now = box.getBoundingClientRect();
    const grown = now.height + height.px - room(tile.height);
    lay(shown, { left: now.left, top: now.top, width: width * step, height: Math.max(grown, 60) });
    shown.textContent = `${width} of ${columns} columns${tile.is_high ? `, ${height.id}` : ""}`;
    const isSame = width === tile.width && height.id === tile.height;
    return isSame ? null : { do: "size", what: tile.id, width, height: height.id };
  };
  follow(startX, startY);
  return { box, shown, follow };
}
