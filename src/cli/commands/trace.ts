import type { Command } from "commander";
import { badInput, UserError } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { strategyChooser } from "../../load/loadStrategy.js";
import type { Case, Strategy, TraceEvent } from "../../mmu/contract.js";
import type { Finding } from "../../mmu/finding.js";
import { shortFinding } from "../../report/findings.js";
import { styleFor } from "../../report/style.js";
import { TraceFold } from "../../report/traceFold.js";
import { besideText, TraceSummary, traceText } from "../../report/traceText.js";
import { fullWords } from "../../report/traceWords.js";
import type { Invocation, Io } from "../io.js";
import { integer } from "../options.js";
import { addScenarioOptions, casesFrom, type ScenarioOptions } from "../scenarioOptions.js";

interface TraceFlags extends ScenarioOptions {
  readonly strategy?: string;
  readonly against?: string;
  readonly limit?: number;
  readonly phase?: string;
  readonly json?: boolean;
}

/** Phases that are shown only when asked for: the work around the split walk, and inside of it. */
const HIDDEN_PHASES: readonly string[] = ["write-protect", "nested"];

const EXAMPLES = `
Steps that differ only in where they are become one line, and lines that repeat become a group.

Examples:
  s2split trace --strategy max-level -s hugetlb-1g            what is still inspected after a 1G block is split
  s2split trace --strategy skip-return-rfc --against skip-return --scenario scenarios/fault-passed-over.json
  s2split trace --phase all --json --limit 100 -s thp         one event a line`;

/** Adds `s2split trace`. */
export function register(program: Command, invocation: Invocation): void {
  addScenarioOptions(program.command("trace"))
    .summary("tell a walk visit by visit, and why it goes where it goes")
    .description(
      "Tell one strategy's walks entry by entry: what is read, what the strategy decides and why, where the walk goes.",
    )
    .option("--strategy <name>", "a strategy, or a file of one's own (default: the MMU's baseline)")
    .option("--against <name>", "a second strategy, side by side")
    .option("--phase <name>", "split, write-protect, nested, or all (default: all but write-protect and nested)")
    .option("--limit <n>", "stop telling after this many events", integer(1, 1_000_000_000))
    .option("--json", "one event a line, as JSON")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(trace));
}

async function trace(io: Io, flags: TraceFlags, self: Command): Promise<number> {
  const style = styleFor(io, self.optsWithGlobals().color);
  // A walk is told of one guest: where the options leave several, the one that is shortest to read.
  const cases = await casesFrom(flags, { stdin: io.stdin, single: true });
  if (cases.length !== 1) {
    throw new UserError(
      `trace: the options make ${cases.length} scenarios; expected one (one MMU, backing, mode and chunk)`,
    );
  }
  const bound = cases[0]!;
  const { mmu } = bound;
  if (bound.trace === undefined) throw new UserError(`trace: ${mmu.title} cannot be traced`);
  const strategies: Strategy[] = [];
  for (const name of [flags.strategy ?? mmu.baseline, ...(flags.against === undefined ? [] : [flags.against])]) {
    strategies.push(await oneStrategy(name, bound));
  }
  if (flags.json === true) {
    for (const strategy of strategies) tellJson(io, bound, strategy, flags, strategies.length > 1);
    return EXIT.fine;
  }
  const words = fullWords(mmu.traceWords);
  const told = strategies.map((strategy) => tell(bound, strategy, flags));
  const [one, other] = told;
  if (other !== undefined) {
    const sides = [one!, other].map(({ strategy, fold }) => ({ title: strategy.id, nodes: fold.nodes() }));
    io.stdout.write(`${besideText(sides[0]!, sides[1]!, words, style)}\n`);
  } else {
    io.stdout.write(`${style.chalk.bold(one!.strategy.id)}\n${traceText(one!.fold.nodes(), words, style)}\n`);
  }
  for (const { strategy, summary, findings, stopped } of told) {
    const lines = [...summary.lines(), ...(stopped ? [`stopped after ${flags.limit} events`] : [])];
    lines.push(
      findings.length === 0
        ? "result: right"
        : `result: WRONG, ${findings.map((one) => shortFinding(one, mmu.findingWords)).join("; ")}`,
    );
    const prefix = told.length > 1 ? `${strategy.id}: ` : "";
    io.stdout.write(`\n${lines.map((line) => `${prefix}${line}`).join("\n")}\n`);
  }
  return EXIT.fine;
}

async function oneStrategy(name: string, bound: Case): Promise<Strategy> {
  const chosen = (await strategyChooser([name], [bound.mmu]))(bound.mmu);
  if (chosen.length !== 1) throw badInput(`strategy "${name}"`, "names several", "one strategy");
  if (!bound.applies(chosen[0]!)) {
    throw badInput(`strategy "${name}"`, `does not apply to ${bound.workload}`, "one that does");
  }
  return chosen[0]!;
}

/** Runs, and gives the sink what is asked for. Returns what is wrong with the result, and whether the limit was reached. */
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

function tell(bound: Case, strategy: Strategy, flags: TraceFlags) {
  const fold = new TraceFold(fullWords(bound.mmu.traceWords));
  const summary = new TraceSummary();
  const { findings, stopped } = run(bound, strategy, flags, (event) => {
    fold.add(event);
    summary.add(event);
  });
  return { strategy, fold, summary, findings, stopped };
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
