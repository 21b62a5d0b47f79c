import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { totalAt } from "../mmu/counters.js";
import type { ResultFile } from "../results/types.js";
import { run } from "../testing/inProcess.js";
import {
  accessViolations,
  layoutDefects,
  NO_BROWSER,
  type PageTable,
  pageTables,
  startBrowser,
  type Watched,
  WIDTHS,
  watchedPage,
} from "./browser.js";

if (NO_BROWSER) console.warn("S2SPLIT_NO_BROWSER=1: the pages of reports are NOT tested in a browser");

const folder = mkdtempSync(join(tmpdir(), "s2split-pages-"));
const file = (name: string) => join(folder, name);

interface Report {
  readonly name: string;
  readonly args: readonly string[];
  /** Groups, or sections of them, that the page must have. */
  readonly sections: readonly string[];
}

/** Every kind of report. The page and, where there is one, the result file come from one run. */
const REPORTS: readonly Report[] = [
  {
    name: "bench of three backings",
    args: [
      "bench",
      "--no-wall",
      "--backing",
      "4k,thp,hugetlb-1g",
      "--strategy",
      "skip-return-rfc,skip-return,max-level,split-mark",
    ],
    sections: ["Strategies", "Address map"],
  },
  {
    name: "the fault of the RFC, timed",
    args: ["bench", "--runs", "6", "--scenario", "scenarios/fault-passed-over-1g.json"],
    sections: ["Strategies", "Address map", "Wall time of the split walks alone"],
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
      "both",
      "--chunk",
      "4K,2M,1G",
      "--strategy",
      "max-level,split-mark",
    ],
    sections: ["Entries inspected", "Entries inspected per lock hold", "Invalidations"],
  },
];

let browser: Browser;
let scripted: Watched;
let plain: Watched;

beforeAll(async () => {
  if (NO_BROWSER) return;
  browser = await startBrowser();
  [scripted, plain] = [await watchedPage(browser, true), await watchedPage(browser, false)];
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(NO_BROWSER).each(REPORTS)("the page of $name", ({ name, args, sections }) => {
  const page = file(`${name.replaceAll(" ", "-")}.html`);
  const result = page.replace(".html", ".json");
  let tables: PageTable[];

  beforeAll(async () => {
    const { code, stderr } = await run([...args, "-q", "--export-html", page, "--export-json", result]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    await scripted.open(page);
    tables = await pageTables(scripted.page);
  });

  it("has its pictures, and is small", async () => {
    expect(tables.map(({ title }) => title)).toEqual(expect.arrayContaining([...sections]));
    expect(statSync(page).size).toBeLessThan(1.5 * 2 ** 20);
  });

  it("has the figures of the result file in its tables", () => {
    const { scenarios, runs } = JSON.parse(readFileSync(result, "utf8")) as ResultFile;
    for (const { id } of scenarios) {
      const { head, rows } = tables.find(({ group, title }) => group === id && title === "Strategies")!;
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
  });

  it.each([
    ["on", () => scripted],
    ["off", () => plain],
  ] as const)(
    "is laid out well and open to everyone, at every width and in both schemes, with scripts %s",
    async (_, of) => {
      const { page: opened, open } = of();
      await open(page);
      for (const width of WIDTHS) {
        await opened.setViewportSize({ width, height: 900 });
        expect(await layoutDefects(opened), `${width} px`).toEqual([]);
      }
      for (const colorScheme of ["light", "dark"] as const) {
        await opened.emulateMedia({ colorScheme });
        if (opened === scripted.page) expect(await accessViolations(opened), colorScheme).toEqual([]);
      }
    },
  );

  it("complains of nothing and asks for nothing", () => {
    for (const { complaints, requests } of [scripted, plain]) {
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
    }
  });
});
