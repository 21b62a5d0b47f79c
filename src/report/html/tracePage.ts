import { GRANULES, type Granule, geometryOf } from "../../guest/geometry.js";
import type { Case, TraceEvent } from "../../mmu/contract.js";
import type { Finding } from "../../mmu/finding.js";
import { shortFinding } from "../findings.js";
import type { TraceNode } from "../traceFold.js";
import { traceLines } from "../traceText.js";
import { type FullWords, fullWords } from "../traceWords.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { type WalkPoint, walkChart } from "./charts/walk.js";
import { MAX_STEPS } from "./limits.js";
import { markup, scriptJson, trusted } from "./markup.js";
import type { Group, KeyEntry, Page, Section } from "./page.js";

/** Lines of the folded walk in a page. */
const MAX_LINES = 1000;

/** One strategy's walk. */
export interface ToldWalk {
  readonly strategy: string;
  /** The first {@link MAX_STEPS} events at most. */
  readonly events: readonly TraceEvent[];
  readonly nodes: readonly TraceNode[];
  /** Last lines: what was counted. */
  readonly summary: readonly string[];
  readonly findings: readonly Finding[];
}

/** The page of one walk, or of two on the same guest. */
export async function tracePage(bound: Case, name: string, walks: readonly ToldWalk[]): Promise<Page> {
  const plot = await loadPlot();
  const drawWalk = await walkDrawer();
  return {
    title: `A walk on ${name}`,
    lead: "What a walk reads, step by step, what the strategy decides, and where the walk goes from there.",
    facts: [{ name: "MMU", value: bound.mmu.title }],
    groups: walks.map((walk) => walkGroup(plot, drawWalk, bound, walk)),
    notes: [
      "Every step is exact: the same on every machine; the tests of s2split hold the counts equal to those of " +
        "the kernel's own code.",
    ],
  };
}

function walkGroup(plot: Plot, draw: DrawWalk, bound: Case, walk: ToldWalk): Group {
  const said = fullWords(bound.mmu.traceWords);
  const steps = stepsOf(bound, walk.events, said);
  return {
    title: walk.strategy,
    lead: walk.summary.join(". "),
    alarms: walk.findings.map((finding) => shortFinding(finding, bound.mmu.findingWords)),
    sections: [...(steps === undefined ? [] : [stepsSection(plot, draw, walk, steps)]), linesSection(walk, said)],
  };
}

/** Columns of steps, as `assets/walk.js` draws them. */
interface WalkColumns {
  readonly pageBytes: number;
  readonly entries: number;
  readonly startLevel: number;
  readonly spans: readonly number[];
  readonly level: readonly number[];
  readonly index: readonly number[];
  readonly entry: readonly number[];
  readonly address: readonly number[];
  readonly outside: readonly (0 | 1)[];
  /** What each step was, without its place: an index into `words`. */
  readonly word: readonly number[];
  readonly words: readonly string[];
}

type DrawWalk = (walk: WalkColumns, at: number) => string;

/** The drawing that the page's own script has too. */
async function walkDrawer(): Promise<DrawWalk> {
  const { drawWalk } = (await import(new URL("../../../assets/walk.js", import.meta.url).href)) as {
    drawWalk: DrawWalk;
  };
  return drawWalk;
}

/** A step as `--json` has it. */
type JsonStep = Readonly<Record<string, unknown>>;

/**
 * The steps of entries as columns; undefined for a walk that does not tell of tables with a
 * granule.
 */
function stepsOf({ scenario }: Case, events: readonly TraceEvent[], said: FullWords): WalkColumns | undefined {
  const granule = GRANULES.find((one): one is Granule => one === (scenario as { granule?: unknown }).granule);
  const entries = events.flatMap((event) => {
    const step: JsonStep = said.json(event);
    const known = typeof step.addr === "string" && typeof step.ipa === "string" && typeof step.level === "number";
    return event.event === "entry" && known ? [{ event, step }] : [];
  });
  if (granule === undefined || entries.length === 0) return undefined;
  const { pageBytes, spanPages, entries: perTable } = geometryOf(granule, 40);
  const words = new Map<string, number>();
  const wordOf = (event: TraceEvent) => {
    const text = `${event.phase}: ${said.fold(event)}`;
    const known = words.get(text) ?? words.size;
    words.set(text, known);
    return known;
  };
  const frame = (address: unknown) => Number(address) / pageBytes;
  return {
    pageBytes,
    entries: perTable,
    startLevel: Math.min(...entries.map(({ step }) => step.level as number)),
    spans: spanPages,
    level: entries.map(({ step }) => step.level as number),
    index: entries.map(({ step }) => step.index as number),
    entry: entries.map(({ step }) => frame(step.ipa)),
    address: entries.map(({ step }) => frame(step.addr)),
    outside: entries.map(({ step }) => (step.outside === true ? 1 : 0)),
    word: entries.map(({ event }) => wordOf(event)),
    words: [...words.keys()],
  };
}

function stepsSection(plot: Plot, draw: DrawWalk, { strategy }: ToldWalk, steps: WalkColumns): Section {
  const astray = steps.outside.indexOf(1);
  const at = Math.max(0, astray);
  const points = steps.level.map((level, i): WalkPoint => {
    const first = steps.entry[i]!;
    const last = first + steps.spans[level]! - 1;
    const frame = steps.address[i]!;
    const nearest = Math.min(Math.max(frame, first), last);
    const outside = steps.outside[i] === 1;
    const hex = (gfn: number) => `0x${(gfn * steps.pageBytes).toString(16)}`;
    const title = `step ${i + 1}: level ${level}, entry for ${hex(first)}, address ${hex(frame)}`;
    return { step: i + 1, address: frame * steps.pageBytes, entry: nearest * steps.pageBytes, outside, title };
  });
  const told = `Step ${at + 1} of ${points.length}: ${steps.words[steps.word[at]!]}`;
  const key: KeyEntry[] = [
    { label: "address of the walk", mark: "p1", shape: "line" },
    { label: "entry that is read", mark: "p0", shape: 0 },
  ];
  if (astray >= 0) key.push({ label: "entry read outside of the address", mark: "alarm-mark", shape: 7 });
  const see =
    astray < 0
      ? "The entries that are read lie on the walk's address all the way: index and address agree at every step."
      : `From step ${astray + 1} on, the entries that are read (crosses) do not lie on the walk's address (line): ` +
        "the address has moved, and the loop over the table's entries goes on.";
  return {
    title: "Step by step",
    see,
    unit: "bytes of guest memory over steps",
    kind: "exact",
    key,
    figures: [
      {
        title: "Address and entry, over the steps",
        svg: walkChart(plot, { title: `The walk of ${strategy}`, description: see }, points),
      },
    ],
    warnings: points.length >= MAX_STEPS ? [`Told to the ${MAX_STEPS}th event; the walk goes on.`] : [],
    steps: markup`<div class="walk" data-walk="${at}"><script type="application/json">${scriptJson(steps)}</script><figure><figcaption>The tables on the way down, and where the address stands (triangle)</figcaption><div>${trusted(draw(steps, at))}</div></figure><p class="${astray < 0 ? "step" : "step bad"}" aria-live="polite">${told}</p></div>`,
  };
}

function linesSection({ nodes }: ToldWalk, said: FullWords): Section {
  const lines = traceLines(nodes, said);
  return {
    title: "The walk in words",
    see: "Steps that differ only in where they are become one line, and lines that repeat become a group.",
    unit: "entries of page tables",
    kind: "exact",
    warnings: lines.length > MAX_LINES ? [`The first ${MAX_LINES} of ${lines.length} lines.`] : [],
    table: {
      columns: [{ heading: "step", figure: false }],
      rows: lines.slice(0, MAX_LINES).map(({ text, depth }) => [`${"\u2003".repeat(depth)}${text}`]),
    },
    open: lines.length <= 60,
  };
}
