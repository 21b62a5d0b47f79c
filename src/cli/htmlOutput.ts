import type { Command } from "commander";
import { badInput } from "../errors.js";
import { prepareOutput } from "../files/write.js";
import type { Page } from "../report/html/page.js";
import type { Io } from "./io.js";

/** Of the commands whose report is not an export of a result. */
export interface HtmlFlags {
  readonly exportHtml?: string;
}

/** Adds `--export-html`. */
export function addHtmlOption(command: Command): Command {
  return command.option("--export-html <file>", "write one page with pictures, for any browser, offline");
}

/** Writes a page where one was asked for; else does not even make it. */
export type WritePage = (page: () => Promise<Page>) => Promise<void>;

/**
 * The page's file, found writable before the work.
 *
 * @param inputs paths that the command reads
 * @throws UserError for a path that cannot be written, or is read too
 */
export async function htmlOutput({ exportHtml }: HtmlFlags, io: Io, inputs: readonly string[]): Promise<WritePage> {
  if (exportHtml === undefined) return async () => {};
  if (exportHtml === "-") throw badInput("--export-html -", "standard output has the text", "a file");
  const output = await prepareOutput(exportHtml, { stdout: io.stdout, inputs });
  return async (page) => {
    // Loaded where it is asked for: nothing else pays for the charts.
    const { renderPage } = await import("../report/html/render.js");
    await output.write(renderPage(await page()));
  };
}
