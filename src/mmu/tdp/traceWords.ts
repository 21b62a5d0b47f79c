import { formatAddress } from "../../guest/sizes.js";
import type { TraceWords } from "../contract.js";
import type { TdpTraceEvent } from "./trace.js";
import { isLeaf, isTable } from "./tree.js";

/** How the steps of the TDP iterator read. */
export const tdpTraceWords: TraceWords<TdpTraceEvent> = {
  text: textOf,
  fold: (e) => {
    switch (e.event) {
      case "word":
      case "yield":
      case "restart":
      case "livelock":
      case "end":
        return e.event;
      case "pass":
      case "step":
        return textOf(e);
      case "loop":
        return `level ${e.level} ${loopRest(e)}`;
      case "descend":
        return `into a table of level ${e.level}`;
      case "up":
        return `up to level ${e.level}`;
      case "aside":
        return `stepped over non-present entries of level ${e.level}`;
      default:
        return `level ${e.level}: ${textOf(e)}`;
    }
  },
  sameFold: (a, b) => {
    if (a.event !== b.event || a.level !== b.level) return false;
    if (a.event === "loop") return a.fields.body === b.fields.body && kindOf(a) === kindOf(b);
    if (a.event === "zap") return a.fields.tablesFreed === b.fields.tablesFreed;
    return tdpTraceWords.fold!(a) === tdpTraceWords.fold!(b);
  },
  place: ({ at }) => (at === null ? "" : formatAddress(at.gfn * 4096)),
  json: (e) => {
    const { event, phase, level, at, fields } = e;
    const text = textOf(e);
    if (at === null) return { event, phase, text, ...fields };
    const gpa = formatAddress(at.gfn * 4096);
    if (event === "descend") return { event, phase, text, level, gpa };
    const { mark, ...others } = fields;
    return {
      event,
      phase,
      text,
      level,
      index: at.index,
      gpa,
      entry: kindOf(e),
      loops: at.loops,
      ...others,
      ...(mark === undefined ? {} : { mark: markOf(e) }),
    };
  },
};

function kindOf({ at }: TdpTraceEvent): "table" | "leaf" | "non-present" {
  const spte = at?.spte ?? 0;
  return isTable(spte) ? "table" : isLeaf(spte) ? "leaf" : "non-present";
}

function loopRest(e: TdpTraceEvent): string {
  return `${kindOf(e)}${e.fields.body === true ? "" : ", passed over"}`;
}

function markOf({ fields }: TdpTraceEvent): string {
  return formatAddress(Number(fields.mark) * 4096);
}

function textOf(e: TdpTraceEvent): string {
  const { level, at, fields: f } = e;
  switch (e.event) {
    case "pass":
      return `root ${f.root}: zap level ${f.zapLevel}`;
    case "step":
      return String(f.step);
    case "word":
      return `word ${f.index}: gfns ${f.first} to ${f.last}`;
    case "descend":
      return `into the table of level ${level}`;
    case "loop":
      return `level ${level} [${at?.index}] ${loopRest(e)}`;
    case "aside":
      return `stepped over ${f.skipped}, now at [${at?.index}]`;
    case "yield":
      return `yields, to go on from ${markOf(e)}`;
    case "restart":
      return `restarts at the root, from ${markOf(e)}`;
    case "retry":
      return "its cmpxchg fails, for another party changed the entry: tries again";
    case "lock-drop":
      return `drops mmu_lock for a ${f.why}`;
    case "zap":
      if (f.tablesFreed === 0) return "zapped";
      return `zapped, with ${f.tablesFreed} ${f.tablesFreed === 1 ? "table" : "tables"}`;
    case "clear-bit":
      return `lost its ${f.bit} bit`;
    case "not-entered":
      return `the table of level ${f.table} is not entered`;
    case "up":
      return `up to level ${level} [${at?.index}]`;
    case "livelock":
      return `livelock: here before, with nothing changed since, at ${markOf(e)}`;
    default:
      return e.event;
  }
}
