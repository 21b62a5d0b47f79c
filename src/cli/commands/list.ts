import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Argument, type Command } from "commander";
import { EXIT } from "../../exit.js";
import { formatJson } from "../../files/json.js";
import { loadScenario } from "../../load/loadScenario.js";
import type { Registry } from "../../mmu/registry.js";
import { grid } from "../../report/grid.js";
import { styleFor } from "../../report/style.js";
import type { Invocation, Io } from "../io.js";

/** One thing that can be listed; `--json` has all fields, the table the first column's name and the summary. */
export interface Listing {
  readonly name: string;
  readonly summary: string;
  readonly [field: string]: unknown;
}

/** What `list` lists. A new kind is a line here; each loads what it needs only when asked. */
export const LISTERS: Readonly<Record<string, (registry: Registry) => Promise<readonly Listing[]>>> = {
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
};

/** Adds `s2split list`. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("list")
    .summary("list strategies, scenarios, backings or cost profiles")
    .description("List what can be named in options. Scenarios are those that come with s2split: files for --scenario.")
    .addArgument(new Argument("<what>").choices(Object.keys(LISTERS)))
    .option("--json", "print all that is known, as JSON")
    .option("--long", "profiles: print every figure with its unit and where it comes from")
    .action(
      invocation.action(async (io: Io, what: string, flags: { json?: boolean; long?: boolean }, command: Command) => {
        const listings = await LISTERS[what]!(io.registry);
        if (flags.json === true) {
          io.stdout.write(formatJson(listings));
          return EXIT.fine;
        }
        const style = styleFor(io, command.optsWithGlobals().color);
        if (flags.long === true && what === "profiles") {
          const { listProfiles } = await import("../../cost/listProfiles.js");
          const { profilesReport } = await import("../../report/costReport.js");
          io.stdout.write(profilesReport(listProfiles(), style));
          return EXIT.fine;
        }
        const columns = [
          { heading: "name", figure: false },
          { heading: "what it is", figure: false },
        ];
        const rows = listings.map(({ name, summary }) => [name, summary]);
        io.stdout.write(`${grid(columns, rows, style)}\n`);
        return EXIT.fine;
      }),
    );
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

/** The scenario files of the package, by name, with their paths for `--scenario`. */
async function scenarios(registry: Registry): Promise<Listing[]> {
  const folder = fileURLToPath(new URL("../../../scenarios/", import.meta.url));
  const files = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (file) => {
      const { mmu, scenario, workload } = await loadScenario(folder + file, undefined, registry);
      const description = scenario.description ?? "";
      return {
        name: file.replace(/\.json$/, ""),
        summary: firstSentence(description),
        description,
        mmu: mmu.id,
        workload,
        path: folder + file,
      };
    }),
  );
}

function firstSentence(text: string): string {
  const end = text.search(/[.:;](?:\s|$)/);
  return end < 0 ? text : text.slice(0, end);
}
