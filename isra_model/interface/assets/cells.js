// A grid of coloured cells that arrow keys go through.
import { css, ramp } from "./colours.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const inside = (place, length) => Math.min(Math.max(place, 0), length - 1);

// Paints a cell for each value, on a scale with a colour for either sign; `share` says where on it a value is.
export function paint(canvas, rows, side, share) {
  const context = canvas.getContext("2d");
  const colour = ramp("signed");
  rows.forEach((row, y) =>
    row.forEach((value, x) => {
      context.fillStyle = css(colour(share(value)));
      context.fillRect(x * side, y * side, side - 1, side - 1);
    }),
  );
}

// Where a key leads from [row, column], never out of the grid; null where it is no arrow.
export function stepTo(key, [row, column], [rows, columns]) {
  const step = STEPS[key];
  return step ? [inside(row + step[0], rows), inside(column + step[1], columns)] : null;
}

// The cell under a pointer, in a box as large as the whole grid.
export function cellAt({ clientX, clientY }, box, [rows, columns]) {
  const row = Math.floor(((clientY - box.top) / box.height) * rows);
  const column = Math.floor(((clientX - box.left) / box.width) * columns);
  return [inside(row, rows), inside(column, columns)];
}
