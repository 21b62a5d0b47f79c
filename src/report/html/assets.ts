import { readFileSync } from "node:fs";
import { type Markup, trusted } from "./markup.js";

/**
 * Style and script of a page, as they stand in the package's folder of that name: plain files, for
 * editors and linters.
 */
function asset(name: string): string {
  return readFileSync(new URL(`../../../assets/${name}`, import.meta.url), "utf8");
}

/** All style of a page. */
export function pageStyle(): Markup {
  return trusted(`${asset("palette.css")}${asset("marks.css")}${asset("report.css")}`);
}

/** The style that an SVG needs which is a file of its own. */
export function pictureStyle(): Markup {
  return trusted(
    `<style>${asset("palette.css")}${asset("marks.css")}svg{font:12px ` +
      "system-ui,sans-serif;fill:var(--ink);color:var(--ink);background:var(--ground)}</style>",
  );
}

/** What a page gains where scripts run. */
export function pageScript(): string {
  return `${asset("walk.js").replaceAll(/^export /gm, "")}${asset("report.js")}`;
}
