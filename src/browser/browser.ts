import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import chromium from "@sparticuz/chromium";
import axe from "axe-core";
import { type Browser, chromium as launcher, type Page } from "playwright-core";

/**
 * Set to 1 where no browser can start, such as on another CPU architecture: the tests of pages are
 * then left out, and say so.
 */
export const NO_BROWSER = process.env.S2SPLIT_NO_BROWSER === "1";

/**
 * Starts the browser that npm has installed. Where it cannot start, this fails, and so do the
 * tests: pages that nobody looked at are not passed off as tested.
 */
export async function startBrowser(): Promise<Browser> {
  try {
    return await launcher.launch({
      // What is drawn is measured, not looked at: without a GPU none is emulated, which takes two
      // thirds of the time.
      args: [...chromium.args, "--disable-gpu"],
      executablePath: await chromium.executablePath(),
      headless: true,
    });
  } catch (error) {
    throw new Error(
      "no browser can be started here, so the pages cannot be tested " +
        `(${error instanceof Error ? error.message.split("\n")[0] : error}); ` +
        "S2SPLIT_NO_BROWSER=1 leaves these tests out",
      { cause: error },
    );
  }
}

/** A page with the network off, and all that it complains of or asks for. */
export interface Watched {
  readonly page: Page;
  /** Console errors and warnings, uncaught errors, dialogs. */
  readonly complaints: string[];
  /** Addresses that were asked for, but for the file itself. */
  readonly requests: string[];
  /** Opens a file on a light screen. */
  open(path: string): Promise<void>;
}

/** A fresh page, watched. */
export async function watchedPage(browser: Browser, scripts: boolean): Promise<Watched> {
  const context = await browser.newContext({ javaScriptEnabled: scripts, offline: true });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  let opened = "";
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", async (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== opened) requests.push(request.url());
  });
  const open = async (path: string) => {
    await page.emulateMedia({ media: null, colorScheme: "light" });
    opened = pathToFileURL(path).href;
    await page.goto(opened);
  };
  return { page, complaints, requests, open };
}

export const WIDTHS = [390, 1280, 1600] as const;

/** Functions that run within a page; a file of its own, in the page's language. */
const inPage = readFileSync(new URL("./inPage.js", import.meta.url), "utf8");

async function ask<T>(page: Page, call: string): Promise<T> {
  return (await page.evaluate(`(async () => { ${inPage}\nreturn ${call}; })()`)) as T;
}

/**
 * What is seen of a page's layout that is a defect: sideways scrolling, drawings without a size,
 * labels cut off or on each other.
 */
export function layoutDefects(page: Page): Promise<string[]> {
  return ask(page, "layoutDefects()");
}

/** Everything of WCAG 2.2 AA that axe-core can tell, and what it knows to be good practice. */
const ALL_RULES = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
/** What another colour scheme can change. */
const COLOUR_RULES = { type: "rule", values: ["color-contrast"] };

/**
 * What axe-core says against a page, a line a violation: of everything, or of its colours alone.
 * Empties the drawings.
 */
export async function accessViolations(page: Page, about: "all" | "colours"): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  return ask(page, `accessViolations(${JSON.stringify(about === "all" ? ALL_RULES : COLOUR_RULES)})`);
}

/**
 * A table of a page: the headings of its group and section, those of its columns, and its values as
 * a program reads them.
 */
export interface PageTable {
  readonly group: string;
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export function pageTables(page: Page): Promise<PageTable[]> {
  return ask(page, "pageTables()");
}
