import { formatAddress } from "../../guest/sizes.js";
import type { TraceEvent, TraceOptions } from "../contract.js";
import type { IterSink } from "./iter.js";
import { isLeaf, isTable } from "./tree.js";

/** Makes trace events of the iterator's steps: pass and step, loop, aside, descend (a loop one level down), up, yield, restart, and what the body did. */
export function tracing(sink: (event: TraceEvent) => void, options: TraceOptions): IterSink {
  let phase = "walk";
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let before = 0;
  const tell = (event: TraceEvent): void => {
    if (left <= 0) return;
    left--;
    sink(event);
  };
  return (event, iter, fields) => {
    if (event === "pass") phase = `zap level ${fields.zapLevel}`;
    if (event === "step") phase = String(fields.step);
    if (event === "pass" || event === "step" || event === "word") {
      before = 0;
      const fold = event === "word" ? event : textOf(event, fields);
      tell({ event, phase, text: textOf(event, fields), fold, ...fields });
      return;
    }
    const { level, index, spte, loops } = iter;
    const gpa = formatAddress(iter.gfn * 4096);
    const entry = isTable(spte) ? "table" : isLeaf(spte) ? "leaf" : "non-present";
    const { mark, ...others } = fields;
    const at = {
      level,
      index,
      gpa,
      entry,
      loops,
      ...others,
      ...(mark === undefined ? {} : { mark: formatAddress(Number(mark) * 4096) }),
    };
    if (event === "loop" && before > level)
      tell({
        event: "descend",
        phase,
        text: `into the table of level ${level}`,
        fold: `into a table of level ${level}`,
        level,
        gpa,
      });
    before = level;
    tell({ event, phase, text: textOf(event, { ...at, ...others }), fold: foldOf(event, at), ...at });
  };
}

/** A step without its place: at which level what was done to which kind of entry. */
function foldOf(event: string, f: Readonly<Record<string, unknown>>): string {
  switch (event) {
    case "loop":
      return `level ${f.level} ${f.entry}${f.body === true ? "" : ", passed over"}`;
    case "up":
      return `up to level ${f.level}`;
    case "aside":
      return `stepped over non-present entries of level ${f.level}`;
    case "yield":
    case "restart":
    case "livelock":
    case "end":
      return event;
    default:
      return `level ${f.level}: ${textOf(event, f)}`;
  }
}

function textOf(event: string, f: Readonly<Record<string, unknown>>): string {
  switch (event) {
    case "pass":
      return `root ${f.root}: zap level ${f.zapLevel}`;
    case "step":
      return String(f.step);
    case "word":
      return `word ${f.index}: gfns ${f.first} to ${f.last}`;
    case "loop":
      return `level ${f.level} [${f.index}] ${f.entry}${f.body === true ? "" : ", passed over"}`;
    case "aside":
      return `stepped over ${f.skipped}, now at [${f.index}]`;
    case "yield":
      return `yields, to go on from ${f.mark}`;
    case "restart":
      return `restarts at the root, from ${f.mark}`;
    case "lock-drop":
      return `drops mmu_lock for a ${f.why}`;
    case "zap":
      if (f.tablesFreed === 0) return "zapped";
      return `zapped, with ${f.tablesFreed} ${f.tablesFreed === 1 ? "table" : "tables"}`;
    case "split":
      return "split";
    case "clear-bit":
      return `lost its ${f.bit} bit`;
    case "not-entered":
      return `the table of level ${f.table} is not entered`;
    case "up":
      return `up to level ${f.level} [${f.index}]`;
    case "livelock":
      return `livelock: here before, with nothing changed since, at ${f.mark}`;
    default:
      return event;
  }
}
