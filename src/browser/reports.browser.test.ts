import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
import { hostileResult } from "./hostile.js";
import { REPORTS } from "./reports.js";

if (NO_BROWSER) console.warn("S2SPLIT_NO_BROWSER=1: the pages of reports are NOT tested in a browser");

const folder = mkdtempSync(join(tmpdir(), "s2split-pages-"));

const pagePath = (name: string) => join(folder, `${name.replaceAll(" ", "-")}.html`);

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

describe.skipIf(NO_BROWSER).each(REPORTS)("the page of $name", ({ name, args, code = 0, sections, figures }) => {
  const page = pagePath(name);
  let tables: PageTable[];
  let printed: string;

  beforeAll(async () => {
    // The walk is told in words: with --json there is no page.
    const given = typeof args === "function" ? args(folder) : args;
    const ended = await run([...given, "--export-html", page, ...(given[0] === "trace" ? [] : ["--json"])]);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: "" });
    printed = ended.stdout;
    await scripted.open(page);
    tables = await pageTables(scripted.page);
  });

  it("has its pictures, and is small", () => {
    expect(tables.map(({ title }) => title)).toEqual(expect.arrayContaining([...sections]));
    expect(statSync(page).size).toBeLessThan(1.5 * 2 ** 20);
  });

  it("has the figures that the program prints as JSON", () => figures(tables, printed));

  it.each([
    ["on", () => scripted],
    ["off", () => plain],
  ] as const)(
    "is laid out well, and open to everyone, at every width and in both schemes, with scripts %s",
    async (_, of) => {
      const { page: opened, open } = of();
      await open(page);
      for (const width of WIDTHS) {
        await opened.setViewportSize({ width, height: 900 });
        expect(await layoutDefects(opened), `${width} px`).toEqual([]);
      }
      if (opened !== scripted.page) return;
      for (const [colorScheme, about] of [
        ["dark", "colours"],
        ["light", "all"],
      ] as const) {
        await opened.emulateMedia({ colorScheme });
        expect(await accessViolations(opened, about), colorScheme).toEqual([]);
      }
    },
  );

  it("fits A4 on paper", async () => {
    await plain.page.setViewportSize({ width: 690, height: 1000 });
    await plain.page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await layoutDefects(plain.page)).toEqual([]);
    // What a dark screen shows is printed on white.
    expect(await plain.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")).toBe(
      "rgb(255, 255, 255)",
    );
  });

  it("complains of nothing and asks for nothing", () => {
    for (const { complaints, requests } of [scripted, plain]) {
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
    }
  });
});

describe.skipIf(NO_BROWSER)("where scripts run", () => {
  const open = async (name: string) => {
    await scripted.page.setViewportSize({ width: 1280, height: 900 });
    await scripted.open(pagePath(name));
    return scripted.page;
  };

  it("a table is sorted by any column, figures by value", async () => {
    const page = await open("the fault of the RFC, timed");
    await page.locator("summary", { hasText: "Figures" }).first().click();
    const table = page.locator("table").first();
    await table.getByRole("button", { name: "entries inspected, split walk" }).click();
    const sorted = (await pageTables(page))[0]!;
    const figures = sorted.rows.map((row) => row[sorted.head.indexOf("entries inspected, split walk")] as number);
    expect(figures).toEqual([...figures].sort((a, b) => b - a));
    expect(figures[0]).toBe(262657);
  });

  it("a picture with two scales shows one of them", async () => {
    const page = await open("a sweep over chunks");
    const picture = page.locator(".picture").first();
    const titles = () =>
      picture.locator("[data-scale]:visible").evaluateAll((all) => all.map((one) => one.getAttribute("data-scale")));
    expect(new Set(await titles())).toEqual(new Set(["log"]));
    await picture.getByRole("button", { name: "linear scale" }).click();
    expect(new Set(await titles())).toEqual(new Set(["linear"]));
    expect(await layoutDefects(page)).toEqual([]);
  });

  it("an entry of the key hides its marks", async () => {
    const page = await open("a sweep over chunks");
    const picture = page.locator(".picture").first();
    const marks = picture.locator("[data-scale=log] .s0");
    expect(await marks.first().isVisible()).toBe(true);
    await picture.getByRole("button", { name: "baseline" }).click();
    expect(await marks.first().isVisible()).toBe(false);
  });

  it("a walk is stepped through to where address and index part", async () => {
    const page = await open("a walk");
    const walk = page.locator("[data-walk]").first();
    await walk.getByRole("slider").fill("0");
    expect(await walk.locator(".step").textContent()).toMatch(/^Step 1 of 4: split: level 1 table/);
    await walk.getByRole("button", { name: "Step", exact: true }).click();
    expect(await walk.locator(".step").textContent()).toMatch(/^Step 2 of 4/);
    await walk.getByRole("button", { name: "Where address and index part" }).click();
    expect(await walk.locator(".step.bad").textContent()).toContain("outside of it");
    expect(await walk.locator(".walk-astray").count()).toBe(1);
    expect(await accessViolations(page, "all")).toEqual([]);
  });

  it("a mark tells its figure where the pointer is on it", async () => {
    const page = await open("bench of three backings");
    await page.locator("figure svg rect").first().hover();
    expect(await page.locator("#tip").textContent()).toMatch(
      /^baseline, entries inspected, write-protect walk: 262,657$/,
    );
  });
});

it.skipIf(NO_BROWSER)(
  "the gallery of the reference results, of every MMU, is laid out well and has an index",
  async () => {
    const path = join(folder, "gallery.html");
    expect(await run(["report", "results/", "--output", path])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(statSync(path).size).toBeLessThan(1.5 * 2 ** 20);
    const { page, open, complaints, requests } = scripted;
    await open(path);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      expect(await layoutDefects(page), `${width} px`).toEqual([]);
    }
    const files = readdirSync("results").filter((name) => name.endsWith(".json"));
    expect(await page.locator("nav li").count()).toBe(files.length);
    expect(await accessViolations(page, "all")).toEqual([]);
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
  },
);

describe.skipIf(NO_BROWSER)("names from outside", () => {
  it("execute nothing, load nothing and become no markup", async () => {
    const path = join(folder, "hostile.html");
    const ended = await run(["report", hostileResult(folder), "--output", path]);
    expect(ended).toEqual({ code: 0, stdout: "", stderr: "" });
    for (const { page, open, complaints, requests } of [scripted, plain]) {
      await open(path);
      await page.getByRole("heading", { name: "<script>" }).first().waitFor();
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await page.evaluate("globalThis.hit")).toBeUndefined();
      expect(
        await page
          .locator("img, iframe, object, embed, a[href^='javascript' i], [onerror], [onload], [onclick]")
          .count(),
      ).toBe(0);
      expect(await page.locator("script").count()).toBe(1);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
      expect(await layoutDefects(page)).toEqual([]);
    }
  });
});
