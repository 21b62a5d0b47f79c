import type { TraceEvent, TraceOptions } from "../contract/machine.js";
import { formatAddress } from "../guest/sizes.js";
import type { IterSink } from "../x86/iter.js";
import { isLeaf, isTable } from "../x86/tree.js";

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
      tell({ event, phase, text: textOf(event, fields), ...fields });
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
      tell({ event: "descend", phase, text: `into the table of level ${level}`, level, gpa });
    before = level;
    tell({ event, phase, text: textOf(event, { ...at, ...others }), ...at });
  };
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
