import type { TraceEvent } from "../mmu/contract.js";
import { displayWidth } from "./displayWidth.js";
import type { Style } from "./style.js";
import { firstEvent, type TraceNode } from "./traceFold.js";
import type { FullWords } from "./traceWords.js";
import { formatCount } from "./units.js";
import { brokenLine } from "./wrapLines.js";

/** A line of a folded trace, with what it is about, so that two traces can be set side by side. */
export interface TraceLine {
  readonly text: string;
  readonly depth: number;
  readonly place: string;
}

/** Steps below which others are told. */
const HEADS: readonly string[] = ["walk", "ioctl"];

/** The lines of a folded trace, in its MMU's words. */
export function traceLines(nodes: readonly TraceNode[], words: FullWords, depth = 0): TraceLine[] {
  return nodes.flatMap((node): TraceLine[] => {
    const first = firstEvent(node);
    const at = words.place(first);
    const place = `${first.event} ${first.phase} ${first.level ?? ""} ${at}`;
    const indent = depth + (HEADS.includes(first.event) ? 0 : 1);
    if (node.kind === "group") {
      const to = words.place(node.last);
      const where = at === "" || at === to ? "" : `, the first at ${at}, the last at ${to}`;
      return [
        { text: `${formatCount(node.count)} times${where}:`, depth: indent, place: `${node.count} ${place}` },
        ...traceLines(node.nodes, words, indent + (HEADS.includes(first.event) ? 1 : 0)),
      ];
    }
    if (node.count === 1) return [{ text: words.text(first), depth: indent, place }];
    const to = words.place(node.last);
    const where = to === "" ? "" : ` (${at} to ${to})`;
    return [{ text: `${formatCount(node.count)} x ${words.fold(first)}${where}`, depth: indent, place }];
  });
}

/** A folded trace as text. */
export function traceText(nodes: readonly TraceNode[], words: FullWords, { chalk, columns }: Style): string {
  return traceLines(nodes, words)
    .map(({ text, depth, place }) => {
      // Indented by more than a line one deeper, so as not to be taken for one.
      const line = brokenLine(`${"  ".repeat(depth)}${text}`, columns, "    ").join("\n");
      return HEADS.some((head) => place.startsWith(head)) ? chalk.bold(line) : line;
    })
    .join("\n");
}

/** Two folded traces side by side, aligned where both are at the same entry. */
export function besideText(
  left: { readonly title: string; readonly nodes: readonly TraceNode[] },
  right: { readonly title: string; readonly nodes: readonly TraceNode[] },
  words: FullWords,
  { chalk, columns }: Style,
): string {
  const width = Math.max(30, Math.floor((Math.min(columns, 200) - 3) / 2));
  const rows = [chalk.bold(`${left.title.padEnd(width)} | ${right.title}`)];
  for (const [a, b] of aligned(traceLines(left.nodes, words), traceLines(right.nodes, words))) {
    const cellsA = a === null ? [""] : wrapped(a, width);
    const cellsB = b === null ? [""] : wrapped(b, width);
    const same = a !== null && b !== null && a.text === b.text;
    for (let i = 0; i < Math.max(cellsA.length, cellsB.length); i++) {
      const cell = cellsA[i] ?? "";
      const row = `${cell}${" ".repeat(width - displayWidth(cell))} | ${cellsB[i] ?? ""}`.trimEnd();
      rows.push(same ? chalk.dim(row) : row);
    }
  }
  return rows.join("\n");
}

/**
 * Counts what a trace tells, for its last lines; nothing for MMUs whose steps do not say whether
 * they visit.
 */
export class TraceSummary {
  private readonly phases = new Map<string, { read: Level; visited: Level; newRead: number; newVisited: number }>();

  add(event: TraceEvent): void {
    if (typeof event.visited !== "boolean" || typeof event.level !== "number") return;
    let counts = this.phases.get(event.phase);
    if (counts === undefined) {
      counts = { read: new Map(), visited: new Map(), newRead: 0, newVisited: 0 };
      this.phases.set(event.phase, counts);
    }
    bump(counts.read, event.level);
    if (event.visited) bump(counts.visited, event.level);
    if (event.inNewTable === true) {
      counts.newRead++;
      if (event.visited) counts.newVisited++;
    }
  }

  /** "split: 513 entries inspected (level 1: 1, level 2: 512), 1 visitor call (level 1: 1)". */
  lines(): string[] {
    return [...this.phases].map(([phase, { read, visited, newRead, newVisited }]) => {
      const fresh =
        newRead === 0
          ? ""
          : `; in tables that the walk had just made: ${formatCount(newRead)} inspected, ` +
            `${formatCount(newVisited)} visited`;
      return (
        `${phase}: ${byLevel(read, "entry", "entries")} inspected, ` +
        `${byLevel(visited, "visitor call", "visitor calls")}${fresh}`
      );
    });
  }
}

type Level = Map<number, number>;

function bump(levels: Level, level: number): void {
  levels.set(level, (levels.get(level) ?? 0) + 1);
}

function byLevel(levels: Level, one: string, many: string): string {
  const total = [...levels.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...levels].sort(([a], [b]) => a - b).map(([level, count]) => `level ${level}: ${formatCount(count)}`);
  return `${formatCount(total)} ${total === 1 ? one : many}${total === 0 ? "" : ` (${parts.join(", ")})`}`;
}

function wrapped({ text, depth }: TraceLine, width: number): string[] {
  const indent = "  ".repeat(depth);
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else {
      line = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
    }
  }
  return [...lines, line].map((one) => one.slice(0, width));
}

/**
 * Pairs the lines of two traces: those about the same entry stand in one row (longest common
 * subsequence).
 */
function aligned(a: readonly TraceLine[], b: readonly TraceLine[]): [TraceLine | null, TraceLine | null][] {
  const rows: [TraceLine | null, TraceLine | null][] = [];
  if (a.length * b.length > 4e6) {
    for (let i = 0; i < Math.max(a.length, b.length); i++) rows.push([a[i] ?? null, b[i] ?? null]);
    return rows;
  }
  const same = (one: TraceLine, other: TraceLine) => one.place === other.place && one.depth === other.depth;
  const width = b.length + 1;
  const longest = new Int32Array((a.length + 1) * width);
  const from = (i: number, j: number): number => longest[i * width + j]!;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = same(a[i]!, b[j]!) ? from(i + 1, j + 1) + 1 : Math.max(from(i + 1, j), from(i, j + 1));
    }
  }
  for (let i = 0, j = 0; ; ) {
    const [one, other] = [a[i], b[j]];
    if (one !== undefined && other !== undefined && same(one, other)) {
      rows.push([one, other]);
      i++;
      j++;
    } else if (other !== undefined && (one === undefined || from(i + 1, j) < from(i, j + 1))) {
      rows.push([null, other]);
      j++;
    } else if (one !== undefined) {
      rows.push([one, null]);
      i++;
    } else return rows;
  }
}
