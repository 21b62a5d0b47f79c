import { dirname, join } from "node:path";
import { Argument, type Command } from "commander";
import { EXIT } from "../../exit.js";
import { formatJson } from "../../files/json.js";
import { loadScenario, shippedScenarios } from "../../load/loadScenario.js";
import type { Registry } from "../../mmu/registry.js";
import { grid } from "../../report/grid.js";
import { type Style, styleFor } from "../../report/style.js";
import { wrapLines } from "../../report/wrapLines.js";
import type { Invocation, Io } from "../io.js";

/**
 * One thing that can be listed; `--json` has all fields, the table the first column's name and the
 * summary.
 */
export interface Listing {
  readonly name: string;
  readonly summary: string;
  readonly [field: string]: unknown;
}

/** A scenario that comes with s2split. */
interface ScenarioListing extends Listing {
  readonly description: string;
  readonly mmu: string;
  readonly workload: string;
  /** Of its file. */
  readonly path: string;
}

interface ListFlags {
  readonly json?: boolean;
  readonly long?: boolean;
}

/** What `list` lists. A new kind is a line here; each loads what it needs only when asked. */
export const LISTERS = {
  strategies,
  scenarios,
  backings: async () => {
    const { backings } = await import("../../guest/backings.js");
    return backings.map(({ id, summary, testNames }) => ({ name: id, summary, testNames }));
  },
  profiles: async () => {
    const { listProfiles } = await import("../../cost/listProfiles.js");
    return listProfiles().map((profile) => ({ ...profile }));
  },
} satisfies Record<string, (registry: Registry) => Promise<readonly Listing[]>>;

/** Adds `s2split list`. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("list")
    .description(
      "List what can be named in options. Scenarios are those that come with s2split; --scenario takes their names.",
    )
    .addArgument(new Argument("<what>", "what to list").choices(Object.keys(LISTERS)))
    .option("--json", "print all that is known, as JSON")
    .option("--long", "profiles: every figure with its unit and source; scenarios: paths and whole texts")
    .action(invocation.action(list));
}

async function list(io: Io, what: keyof typeof LISTERS, flags: ListFlags, self: Command): Promise<number> {
  const listings = await LISTERS[what](io.registry);
  const style = styleFor(io, self.optsWithGlobals().color);
  if (flags.json === true) io.stdout.write(formatJson(listings));
  else
    io.stdout.write((flags.long === true ? await longOf(what, listings, style) : undefined) ?? table(listings, style));
  if (what === "scenarios" && flags.json !== true && flags.long !== true) {
    const { path } = listings[0] as ScenarioListing;
    const files = `--scenario takes these names. Their files are ${join(dirname(path), "NAME.json")}`;
    io.stdout.write(`\n${wrapLines(files, style)}\n`);
  }
  return EXIT.fine;
}

function table(listings: readonly Listing[], style: Style): string {
  const columns = ["name", "what it is"].map((heading) => ({ heading, figure: false }));
  const rows = listings.map(({ name, summary }) => [name, summary]);
  return `${grid(columns, rows, style)}\n`;
}

/** With `--long`; undefined where there is no more than the table has. */
async function longOf(what: string, listings: readonly Listing[], style: Style): Promise<string | undefined> {
  if (what === "profiles") {
    const { listProfiles } = await import("../../cost/listProfiles.js");
    const { profilesReport } = await import("../../report/costReport.js");
    return profilesReport(listProfiles(), style);
  }
  if (what !== "scenarios") return undefined;
  const texts = (listings as readonly ScenarioListing[]).map(
    ({ name, mmu, workload, path, description }) =>
      `${style.chalk.bold(name)}: ${mmu}, ${workload}\n  ${path}\n  ${description}\n`,
  );
  return wrapLines(texts.join("\n"), style);
}

async function strategies(registry: Registry): Promise<Listing[]> {
  const mmus = await Promise.all(registry.map(({ load }) => load()));
  const several = mmus.length > 1;
  return mmus.flatMap((mmu) =>
    mmu.strategies.map(({ id, summary, origin, knownFaults }) => ({
      name: id,
      summary: several ? `${mmu.id}: ${summary}` : summary,
      mmu: mmu.id,
      origin,
      baseline: id === mmu.baseline,
      knownFaults,
    })),
  );
}

async function scenarios(registry: Registry): Promise<ScenarioListing[]> {
  return Promise.all(
    [...(await shippedScenarios())].map(async ([name, path]) => {
      const { mmu, scenario, workload } = await loadScenario(path, undefined, registry);
      const description = scenario.description ?? "";
      return { name, summary: firstSentence(description), description, mmu: mmu.id, workload, path };
    }),
  );
}

function firstSentence(text: string): string {
  return text.split(/[.:;](?:\s|$)/, 1)[0]!;
}
