import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Comparison } from "../compare/types.js";
import type { Validation } from "../cost/validate.js";
import { totalAt } from "../mmu/counters.js";
import type { ResultFile } from "../results/types.js";
import { environment, wall, withCount } from "../testing/resultBuilder.js";
import type { PageTable } from "./browser.js";

/** A report that is built, opened and held against the JSON of the same run. */
export interface Report {
  readonly name: string;
  /** Without `--export-html` and `--json`. */
  readonly args: readonly string[] | ((folder: string) => readonly string[]);
  /** Exit code; default 0. */
  readonly code?: number;
  /** Sections that the page must have. */
  readonly sections: readonly string[];
  /** Holds the tables of the page against what the program printed. */
  readonly figures: (tables: readonly PageTable[], printed: string) => void;
}

/** Every kind of report. */
export const REPORTS: readonly Report[] = [
  {
    name: "bench of three backings",
    args: [
      "bench",
      "--no-wall",
      "--backing",
      "4k,thp,hugetlb-1g",
      "--strategy",
      "skip-return-rfc,max-level,split-mark",
    ],
    sections: ["Strategies", "Address map"],
    figures: benchFigures,
  },
  {
    name: "the fault of the RFC, timed",
    args: ["bench", "--runs", "6", "--scenario", "scenarios/fault-passed-over-1g.json"],
    sections: ["Strategies", "Address map", "Wall time of the split walks alone"],
    figures: (tables, printed) => {
      benchFigures(tables, printed);
      const { runs } = JSON.parse(printed) as ResultFile;
      const { rows } = titled(tables, "Wall time of the split walks alone");
      expect(rows.map((row) => row.slice(0, 4))).toEqual(
        runs.map(({ strategy, wall }) => [strategy, wall!.split!.medianNs, ...wall!.split!.ci95Ns]),
      );
    },
  },
  {
    name: "a sweep over chunks",
    args: [
      "bench",
      "--no-wall",
      "--backing",
      "4k,thp",
      "--memory",
      "64M",
      "--mode",
      "enable",
      "--chunk",
      "4K,2M,1G",
      "--strategy",
      "max-level,split-mark",
    ],
    sections: ["Entries inspected", "Entries inspected per lock hold", "Invalidations"],
    figures: (tables, printed) => {
      benchFigures(tables, printed);
      sweepFigures(tables, printed);
    },
  },
  {
    name: "validation",
    args: ["validate"],
    sections: ["Loops of a zap, pass by pass"],
    figures: (tables, printed) => {
      const { split } = JSON.parse(printed) as Validation;
      for (const { series, rows } of split) {
        const table = titled(tables, `${series.author}, ${series.date}: ${series.title}`);
        expect(table.rows.map(([, published, , modelled]) => [published, modelled])).toEqual(
          rows.map(({ publishedPercent, modelledPercent }) => [publishedPercent, modelledPercent]),
        );
      }
    },
  },
  {
    name: "advice",
    args: ["advise", "--backing", "thp", "--memory", "1G", "--vcpus", "4", "--max-lock-hold", "5ms"],
    sections: ["What each choice costs, over the share of writes", "How long the lock is held", "At 50% writes"],
    figures: (tables, printed) => {
      const { rows } = JSON.parse(printed) as { rows: { mode: string; longestHold: { ns: number } }[] };
      const held = tables.filter(({ title }) => title === "How long the lock is held").flatMap((table) => table.rows);
      expect(held.map((row) => row[1])).toEqual(rows.map(({ longestHold }) => longestHold.ns));
    },
  },
  {
    name: "a run of the selftest",
    args: ["run", "-b", "16M", "--profile", "ampereone"],
    sections: ["What is done, and who waits for it", "Modelled time"],
    figures: (tables, printed) => {
      const { runs } = JSON.parse(printed) as { runs: { modelled: { stepsNs: number[] } }[] };
      const { rows } = titled(tables, "Modelled time");
      expect(rows.map((row) => row.slice(1))).toEqual(runs.map(({ modelled }) => modelled.stepsNs));
    },
  },
  {
    name: "a search",
    args: ["verify", "--random", "60", "--seed", "1", "--strategy", "skip-return-rfc,max-level"],
    code: 1,
    sections: ["Layouts, right and wrong", "The simplest layout", "Address map"],
    figures: (tables, printed) => {
      const { searches } = JSON.parse(printed) as {
        searches: { strategies: { strategy: string; layouts: number; failing: number }[] }[];
      };
      const { rows } = titled(tables, "Layouts, right and wrong");
      expect(rows).toEqual(
        searches[0]!.strategies.map(({ strategy, layouts, failing }) => [strategy, layouts, failing]),
      );
    },
  },
  {
    name: "a comparison",
    args: (folder) => {
      const [base, next] = comparedFiles(folder);
      return ["compare", base, next, "--wall-threshold", "10%"];
    },
    code: 1,
    sections: ["Counters that changed", "Wall time, new against base"],
    figures: (tables, printed) => {
      const { cells } = JSON.parse(printed) as Comparison;
      const changed = cells.flatMap(({ exact }) => exact.filter(({ status }) => status !== "equal"));
      const counters = titled(tables, "Counters that changed").rows;
      expect(counters.map((row) => row.slice(2, 5))).toEqual(
        changed.map(({ label, base, next }) => [label, base, next]),
      );
      const times = titled(tables, "Wall time, new against base").rows;
      expect(times.map((row) => row.slice(3, 8))).toEqual(
        cells.flatMap(({ wall }) =>
          wall.map(({ baseNs, nextNs, change, interval }) => [baseNs, nextNs, change, ...interval]),
        ),
      );
    },
  },
  {
    name: "a walk",
    args: [
      "trace",
      "--strategy",
      "skip-return-rfc",
      "--against",
      "skip-return",
      "--scenario",
      "scenarios/fault-passed-over.json",
    ],
    sections: ["Step by step", "The walk in words"],
    figures: (tables, printed) => {
      const words = tables
        .filter(({ title }) => title === "The walk in words")
        .map(({ rows }) => rows.flat().join(" "));
      expect(words).toHaveLength(2);
      expect(words[0]).toContain("outside of it: the walk's address is 0x40200000");
      expect(words[1]).not.toContain("outside of it");
      expect(printed).toContain("1 block unsplit");
    },
  },
];

/** With more drops of the lock: there is none without a top-up. */
const raised = (counts: ResultFile["runs"][number]["counts"]) =>
  withCount(withCount(counts, "split/topups", 7), "split/lockDrops", 7);

/** A reference result with wall times, and the same with a counter and all wall times larger. */
function comparedFiles(folder: string): readonly [string, string] {
  const given = JSON.parse(readFileSync("results/backing-thp.json", "utf8")) as ResultFile;
  const paths = [join(folder, "base.json"), join(folder, "next.json")] as const;
  for (const [i, path] of paths.entries()) {
    const runs = given.runs.map((run, at) => ({
      ...run,
      counts: i === 1 && at === 1 ? raised(run.counts) : run.counts,
      wall: wall(Array.from({ length: 30 }, (_, n) => (1 + 0.2 * i) * (1e6 + 1000 * ((7 * n + at) % 30)))),
    }));
    writeFileSync(
      path,
      JSON.stringify({ ...given, environment, options: { ...given.options, wall: true, runs: 30 }, runs }),
    );
  }
  return paths;
}

/** The table with this title; of a group, where several have one of that title. */
function titled(tables: readonly PageTable[], wanted: string, of?: string): PageTable {
  const found = tables.find(({ group, title }) => title === wanted && (of === undefined || group === of));
  if (found === undefined) throw new RangeError(`the page has no table ${wanted}`);
  return found;
}

function benchFigures(tables: readonly PageTable[], printed: string): void {
  const { scenarios, runs } = JSON.parse(printed) as ResultFile;
  for (const { id } of scenarios) {
    const { head, rows } = titled(tables, "Strategies", id);
    const own = runs.filter(({ scenario }) => scenario === id);
    const expected = own.map(({ strategy, counts }) => [
      strategy,
      totalAt(counts, "writeProtect/inspected"),
      totalAt(counts, "split/inspected"),
      totalAt(counts, "split/tlbi"),
      totalAt(counts, "split/lockDrops"),
    ]);
    const headings = [
      "strategy",
      "entries inspected, write-protect walk",
      "entries inspected, split walk",
      "TLBIs",
      "lock drops",
    ];
    expect(rows.map((row) => headings.map((heading) => row[head.indexOf(heading)]))).toEqual(expected);
  }
}

function sweepFigures(tables: readonly PageTable[], printed: string): void {
  const { scenarios, runs } = JSON.parse(printed) as ResultFile;
  const { head, rows } = titled(tables, "Entries inspected");
  const told = new Map(rows.map((row) => [`${row[0]} ${row[1]}`, row]));
  const chunks: Readonly<Record<string, number>> = { "4K": 4096, "2M": 2 ** 21, "1G": 2 ** 30 };
  for (const { id, name, workload, variables } of scenarios) {
    const row = told.get(`${name}, ${workload} ${chunks[variables.chunk!]}`)!;
    for (const run of runs.filter(({ scenario }) => scenario === id)) {
      expect(row[head.indexOf(run.strategy)]).toBe(totalAt(run.counts, "split/inspected"));
    }
  }
}
