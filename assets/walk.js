// Draws the moment of a walk: the tables on the way down, which entry is read in each, and where
// the walk's address stands. A page and the program that writes it both draw with this.

/** Entries shown of a table on each side of the one that is read. */
const AROUND = 12;
const BOX = 12;
const ROW = 46;

/**
 * The drawing of one step, as SVG text.
 *
 * @param walk columns of steps: level, index, entry (first frame that the entry covers), address
 *   (frame), visited, outside, kind
 * @param walk.entries of a table
 * @param walk.spans pages that an entry covers, by level
 * @param at which step, from 0
 */
export function drawWalk(walk, at) {
  const level = walk.level[at];
  const levels = [];
  // On the way down: what was read last in each table above.
  for (let i = at, wanted = level; i >= 0 && wanted >= walk.startLevel; i--) {
    if (walk.level[i] !== wanted || walk.entry[i] > walk.entry[at]) continue;
    levels.unshift(i);
    wanted--;
  }
  const width = (2 * AROUND + 1) * (BOX + 1);
  const rows = levels.map((step, row) => drawTable(walk, step, at, row * ROW));
  const height = levels.length * ROW + 4;
  return `<svg role="img" viewBox="0 0 ${width} ${height}" xmlns="http://www.w3.org/2000/svg"><title>The walk at step ${at + 1}</title>${rows.join("")}</svg>`;
}

function drawTable(walk, step, at, y) {
  const level = walk.level[step];
  const span = walk.spans[level];
  const index = walk.index[step];
  const table = walk.entry[step] - index * span;
  const address = walk.address[at];
  const addressIndex = Math.floor((address - table) / span);
  const first = Math.max(0, Math.min(index - AROUND, walk.entries - 2 * AROUND - 1));
  const last = Math.min(walk.entries, first + 2 * AROUND + 1);
  const parts = [
    `<text x="0" y="${y + 11}">level ${level}, table at ${hex(walk, table)}, index ${index}${step === at ? "" : ", entered"}</text>`,
  ];
  for (let i = first; i < last; i++) {
    const x = (i - first) * (BOX + 1);
    const read = i === index;
    const kind = read ? (step === at && walk.outside[at] ? "walk-astray" : "walk-read") : "walk-entry";
    parts.push(`<rect class="${kind}" x="${x}" y="${y + 16}" width="${BOX}" height="${BOX}"/>`);
  }
  if (addressIndex >= first && addressIndex < last) {
    const x = (addressIndex - first) * (BOX + 1) + BOX / 2;
    parts.push(`<path class="walk-address" d="M${x} ${y + 30}l4 7h-8z"/>`);
  } else if (step === at) {
    const beyond = address >= table + span * walk.entries || addressIndex >= last;
    const x = beyond ? (last - first) * (BOX + 1) - 1 : 0;
    const text = `${beyond ? "" : "◂ "}address ${hex(walk, address)}${beyond ? " ▸" : ""}`;
    parts.push(
      `<text class="walk-beyond" x="${x}" y="${y + 40}" text-anchor="${beyond ? "end" : "start"}">${text}</text>`,
    );
  }
  return parts.join("");
}

/** An address of a frame. */
function hex(walk, frame) {
  return `0x${(frame * walk.pageBytes).toString(16)}`;
}
