import { type NonEmpty, nonEmpty } from "../lists.js";
import type { TraceEvent } from "../mmu/contract.js";
import type { FullWords } from "./traceWords.js";

/** A run of steps that are told as one, or a group of lines that comes several times in a row. */
export type TraceNode = Run | Group;

interface Run {
  readonly kind: "run";
  readonly key: number;
  readonly first: TraceEvent;
  last: TraceEvent;
  count: number;
}

interface Group {
  readonly kind: "group";
  readonly key: number;
  /** The first of the repeats, in full. */
  readonly nodes: NonEmpty<TraceNode>;
  readonly last: TraceEvent;
  readonly count: number;
}

/** Longest group of lines that is looked for. */
const LONGEST_GROUP = 12;

/**
 * Folds a trace while it is told: steps in a row that differ only in where they are become one
 * line, and then groups of lines that repeat become one group, again and again, so that a walk of a
 * gigabyte is a few lines.
 */
export class TraceFold {
  private readonly runs: Run[] = [];
  private readonly keys = new Map<string, number>();

  constructor(private readonly words: FullWords) {}

  /**
   * Words are made for the first step of a run alone: most steps of a walk are like the one before
   * them.
   */
  add(event: TraceEvent): void {
    const last = this.runs.at(-1);
    if (last !== undefined && last.first.phase === event.phase && this.words.sameFold(last.first, event)) {
      last.last = event;
      last.count++;
    } else {
      const key = this.keyOf(`${event.phase}|${this.words.fold(event)}`);
      this.runs.push({ kind: "run", key, first: event, last: event, count: 1 });
    }
  }

  /** The folded trace: short groups first, so that a long one is made of what is folded already. */
  nodes(): readonly TraceNode[] {
    let nodes: readonly TraceNode[] = this.runs.map((run) => ({ ...run, key: this.keyOf(`${run.key}x${run.count}`) }));
    for (let length = 1; length <= LONGEST_GROUP; length++) {
      const folded = this.groups(nodes, length);
      if (folded.length === nodes.length) continue;
      nodes = folded;
      length = 0;
    }
    return nodes;
  }

  private groups(nodes: readonly TraceNode[], length: number): TraceNode[] {
    const out: TraceNode[] = [];
    for (let i = 0; i < nodes.length; ) {
      const repeats = repeatsAt(nodes, i, length);
      const body = nonEmpty(nodes.slice(i, i + length));
      const [first] = body;
      // A group is told from the beginning of a walk, where it has one.
      if (repeats === 1 || (!beginsWalk(first) && body.some(beginsWalk))) {
        out.push(first);
        i++;
        continue;
      }
      const last = firstEvent(nodes[i + length * (repeats - 1)]!);
      const key = this.keyOf(`${repeats}(${body.map((node) => node.key).join(" ")})`);
      out.push({ kind: "group", key, nodes: body, last, count: repeats });
      i += length * repeats;
    }
    return out;
  }

  private keyOf(text: string): number {
    const known = this.keys.get(text);
    if (known !== undefined) return known;
    this.keys.set(text, this.keys.size);
    return this.keys.size - 1;
  }
}

/** The first step of a node. */
export function firstEvent(node: TraceNode): TraceEvent {
  return node.kind === "run" ? node.first : firstEvent(node.nodes[0]);
}

function beginsWalk(node: TraceNode): boolean {
  return firstEvent(node).event === "walk";
}

function repeatsAt(nodes: readonly TraceNode[], at: number, length: number): number {
  let repeats = 1;
  for (;;) {
    const next = at + length * repeats;
    if (next + length > nodes.length) return repeats;
    for (let i = 0; i < length; i++) if (nodes[next + i]!.key !== nodes[at + i]!.key) return repeats;
    repeats++;
  }
}
