import type { Command } from "commander";
import { badInput, clip, UserError } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { nonEmpty } from "../../lists.js";
import { strategyChooser } from "../../load/loadStrategy.js";
import type { Case, Strategy, TraceEvent } from "../../mmu/contract.js";
import type { Finding } from "../../mmu/finding.js";
import { shortFinding } from "../../report/findings.js";
import { MAX_STEPS } from "../../report/html/limits.js";
import { styleFor } from "../../report/style.js";
import { TraceFold } from "../../report/traceFold.js";
import { besideText, TraceSummary, traceText } from "../../report/traceText.js";
import { fullWords } from "../../report/traceWords.js";
import { wrapLines } from "../../report/wrapLines.js";
import { addHtmlOption, type HtmlFlags, htmlOutput } from "../htmlOutput.js";
import { inputsOf } from "../inputs.js";
import type { Invocation, Io } from "../io.js";
import { integer } from "../options.js";
import { addScenarioOptions, oneCaseFrom, type ScenarioOptions } from "../scenarioOptions.js";

interface TraceFlags extends ScenarioOptions, HtmlFlags {
  readonly strategy?: string;
  readonly against?: string;
  readonly limit?: number;
  readonly phase?: string;
  readonly json?: boolean;
  readonly format?: string;
}

/** Phases that are shown only when asked for: the work around the split walk, and inside of it. */
const HIDDEN_PHASES: readonly string[] = ["write-protect", "nested"];

const EXAMPLES = `
Steps that differ only in where they are become one line, and lines that repeat
become a group.

Examples:
  what is still inspected after a 1G block is split:
    s2split trace --strategy max-level -s hugetlb-1g
  two strategies side by side:
    s2split trace --scenario fault-passed-over \\
        --strategy skip-return-rfc --against skip-return
  one event a line:
    s2split trace --phase all --json --limit 100 -s thp
  for casemate-check (docs/oracle.md):
    s2split trace --format casemate --scenario fault-tlbi-wrong-ipa > run`;

/** Adds `s2split trace`. */
export function register(program: Command, invocation: Invocation): void {
  addHtmlOption(addScenarioOptions(program.command("trace"), invocation.io.registry))
    .description(
      "Tell one strategy's walks entry by entry: what is read, what the strategy decides and why, where the walk goes.",
    )
    .option(
      "--strategy <name>",
      "a strategy, or a module with a custom one (default: the MMU's baseline, or that of a saved schedule)",
    )
    .option("--against <name>", "a second strategy, side by side")
    .option("--phase <name>", "split, write-protect, nested, or all (default: all but write-protect and nested)")
    .option("--limit <n>", "stop telling after this many events", integer(1, 1_000_000_000))
    .option("--json", "one event a line, as JSON")
    .option("--format <name>", "the whole run in the format of another program: casemate (arm64)")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(trace));
}

async function trace(io: Io, flags: TraceFlags, self: Command): Promise<number> {
  const style = styleFor(io, self.optsWithGlobals().color);
  // A walk is told of one guest: where the options leave several, the one that is shortest to read.
  const bound = await oneCaseFrom("trace", flags, { ...io, schedules: true });
  const { mmu } = bound;
  if (bound.trace === undefined) throw new UserError(`trace: ${mmu.title} cannot be traced`);
  const strategy = await oneStrategy(io, flags.strategy ?? bound.schedule?.strategy ?? mmu.baseline, bound);
  const strategies = [strategy];
  if (flags.against !== undefined) strategies.push(await oneStrategy(io, flags.against, bound));
  if (flags.format !== undefined) return tellForeign(io, bound, strategy, flags);
  const writePage = await htmlOutput(flags, io, inputsOf(flags));
  if (flags.json === true) {
    if (flags.exportHtml !== undefined) throw new UserError("--json with --export-html: expected one or the other");
    for (const strategy of strategies) tellJson(io, bound, strategy, flags, strategies.length > 1);
    return EXIT.fine;
  }
  const words = fullWords(mmu.traceWords);
  const told = strategies.map((strategy) => tell(bound, strategy, flags));
  await writePage(async () => {
    const { tracePage } = await import("../../report/html/tracePage.js");
    const walks = told.map(({ strategy, fold, summary, ...walk }) => {
      return { ...walk, strategy: strategy.id, nodes: fold.nodes(), summary: summary.lines() };
    });
    return tracePage(bound, bound.scenario.name ?? "a scenario", walks);
  });
  const [one, other] = nonEmpty(told.map(({ strategy, fold }) => ({ title: strategy.id, nodes: fold.nodes() })));
  if (other !== undefined) io.stdout.write(`${besideText(one, other, words, style)}\n`);
  else io.stdout.write(`${style.chalk.bold(one.title)}\n${traceText(one.nodes, words, style)}\n`);
  for (const { strategy, summary, findings, stopped } of told) {
    const lines = [...summary.lines(), ...(stopped ? [`stopped after ${flags.limit} events`] : [])];
    lines.push(
      findings.length === 0
        ? "result: right"
        : `result: WRONG, ${findings.map((one) => shortFinding(one, mmu.findingWords)).join("; ")}`,
    );
    const prefix = told.length > 1 ? `${strategy.id}: ` : "";
    io.stdout.write(`\n${wrapLines(lines.map((line) => `${prefix}${line}`).join("\n"), style)}\n`);
  }
  return EXIT.fine;
}

async function oneStrategy({ registry }: Io, name: string, bound: Case): Promise<Strategy> {
  const [chosen, ...others] = (await strategyChooser([name], [bound.mmu], registry))(bound.mmu);
  if (chosen === undefined || others.length > 0) throw badInput(`strategy "${name}"`, "names several", "one strategy");
  if (!bound.applies(chosen)) {
    throw badInput(`strategy "${name}"`, `does not apply to ${bound.workload}`, "one that does");
  }
  return chosen;
}

/**
 * Runs, and gives the sink what is asked for. Returns what is wrong with the result, and whether
 * the limit was reached.
 */
function run(
  bound: Case,
  strategy: Strategy,
  flags: TraceFlags,
  sink: (event: TraceEvent) => void,
): { readonly findings: readonly Finding[]; readonly stopped: boolean } {
  const phases = new Set<string>();
  let told = 0;
  let stopped = false;
  const shown = (phase: string): boolean =>
    flags.phase === "all" || (flags.phase === undefined ? !HIDDEN_PHASES.includes(phase) : phase === flags.phase);
  const { findings } = bound.trace!(
    strategy,
    (event) => {
      phases.add(event.phase);
      if (!shown(event.phase)) return;
      if (told === flags.limit) {
        stopped = true;
        return;
      }
      told++;
      sink(event);
    },
    { without: HIDDEN_PHASES.filter((phase) => !shown(phase)) },
  );
  if (told === 0 && flags.phase !== undefined && phases.size > 0 && !HIDDEN_PHASES.includes(flags.phase)) {
    throw badInput(`--phase ${flags.phase}`, "no such phase here", [...phases, ...HIDDEN_PHASES, "all"].join(", "));
  }
  return { findings, stopped };
}

/**
 * The run in the format of another program on stdout, and on stderr what we say of it and what that
 * program will.
 */
function tellForeign(io: Io, bound: Case, strategy: Strategy, flags: TraceFlags): number {
  const { format = "", json, against, limit, phase } = flags;
  const formats = bound.traceFormats ?? [];
  if (!formats.includes(format)) {
    const known = formats.length === 0 ? `no --format: ${bound.mmu.title} has none` : formats.join(", ");
    throw badInput(`--format ${clip(format)}`, "no such format here", known);
  }
  const other = Object.entries({ json, against, limit, phase }).find(([, value]) => value !== undefined);
  if (other !== undefined) throw badInput(`--${other[0]}`, `has no meaning with --format ${format}`, "one of them");
  let lines: string[] = [];
  const write = () => {
    if (lines.length > 0) io.stdout.write(`${lines.join("\n")}\n`);
    lines = [];
  };
  const { outcome, notes } = bound.traceAs!(format, strategy, (line) => {
    if (lines.push(line) >= 1000) write();
  });
  write();
  for (const note of notes) io.stderr.write(`note: ${note}\n`);
  const { findings } = outcome;
  const words =
    findings.length === 0
      ? "right"
      : `WRONG, ${findings.map((finding) => shortFinding(finding, bound.mmu.findingWords)).join("; ")}`;
  io.stderr.write(`${strategy.id}: ${words}\n`);
  return EXIT.fine;
}

function tell(bound: Case, strategy: Strategy, flags: TraceFlags) {
  const fold = new TraceFold(fullWords(bound.mmu.traceWords));
  const summary = new TraceSummary();
  const events: TraceEvent[] = [];
  const kept = flags.exportHtml === undefined ? 0 : MAX_STEPS;
  const { findings, stopped } = run(bound, strategy, flags, (event) => {
    fold.add(event);
    summary.add(event);
    if (events.length < kept) events.push(event);
  });
  return { strategy, fold, summary, events, findings, stopped };
}

/** Events a line each; `strategy` in them where there are two. */
function tellJson(io: Io, bound: Case, strategy: Strategy, flags: TraceFlags, named: boolean): void {
  const words = fullWords(bound.mmu.traceWords);
  let lines: string[] = [];
  run(bound, strategy, flags, (told) => {
    const event = words.json(told);
    lines.push(JSON.stringify(named ? { strategy: strategy.id, ...event } : event));
    if (lines.length >= 1000) {
      io.stdout.write(`${lines.join("\n")}\n`);
      lines = [];
    }
  });
  if (lines.length > 0) io.stdout.write(`${lines.join("\n")}\n`);
}
