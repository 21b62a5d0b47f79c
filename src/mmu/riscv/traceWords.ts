import type { TraceWords } from "../contract.js";
import { formatGfn, formatPages, SPAN } from "./geometry.js";
import type { RiscvTraceEvent } from "./trace.js";

/** How the steps of riscv's walks read. */
export const riscvTraceWords: TraceWords<RiscvTraceEvent> = {
  text: (e) => {
    switch (e.event) {
      case "walk":
        return `${fold(e)}: ${formatGfn(e.startGfn)} to ${formatGfn(e.endGfn)}`;
      case "entry":
        return `level ${e.level} [${e.index}] ${formatGfn(e.gfn)} ${what(e.kind, e.level)}`;
      case "lock-drop":
        return `${fold(e)}, at ${formatGfn(e.gfn)}`;
      case "flush":
        return `${fold(e)} at ${formatGfn(e.gfn)}`;
      default:
        return fold(e);
    }
  },
  fold,
  sameFold: (a, b) => {
    if (a.event === "entry") return b.event === "entry" && a.level === b.level && a.kind === b.kind;
    if (a.event === "protect") return b.event === "protect" && a.changed === b.changed;
    return a.event === b.event && fold(a) === fold(b);
  },
  place: (e) => formatGfn(e.event === "walk" ? e.startGfn : e.gfn),
  json: (e) => {
    const text = riscvTraceWords.text(e);
    if (e.event === "walk") {
      return { event: e.event, phase: e.phase, start: formatGfn(e.startGfn), end: formatGfn(e.endGfn), text };
    }
    const { event, phase, gfn, ...fields } = e;
    return { event, phase, gpa: formatGfn(gfn), ...fields, text };
  },
};

/** A step without its place. */
function fold(e: RiscvTraceEvent): string {
  switch (e.event) {
    case "walk":
      return `${e.phase} call`;
    case "entry":
      return `level ${e.level} ${what(e.kind, e.level)}`;
    case "protect":
      return e.changed ? "write permission taken" : "stored again, write-protected already";
    case "split":
      return (
        `leaf of ${formatPages(SPAN[e.level]!)} becomes a table of ${formatPages(SPAN[e.level - 1]!)} leaves, in ` +
        "one store"
      );
    case "lock-drop": {
      const { unflushed } = e;
      const stale = unflushed === 0 ? "" : `, ${unflushed} ${unflushed === 1 ? "split" : "splits"} unflushed`;
      return `drops mmu_lock ${e.resched ? "to yield" : "for pages"}${stale}`;
    }
    case "flush":
      return `flush (${e.kind}) of ${formatPages(e.pages)}`;
  }
}

function what(kind: string, level: number): string {
  return kind === "leaf" ? `leaf of ${formatPages(SPAN[level]!)}` : kind;
}
