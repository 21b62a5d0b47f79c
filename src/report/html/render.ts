import { createHash } from "node:crypto";
import { pageScript, pageStyle } from "./assets.js";
import { type Markup, markup, trusted } from "./markup.js";
import { grouped } from "./numbers.js";
import type { Cell, Fact, Figure, FigureTable, Group, KeyEntry, Kind, Page, Section } from "./page.js";
import { keyMark } from "./shapes.js";

const KINDS: Readonly<Record<Kind, string>> = {
  exact: "exact: the same on every machine",
  measured: "measured: on one host, in this run",
  modelled: "modelled: from exact counts and a profile of costs",
};

/**
 * A page as one HTML file. It holds all that it needs, and its content policy forbids it the
 * network; everything can be read with scripts off, and the one script that it allows is its own,
 * by its digest.
 */
export function renderPage(page: Page): string {
  const script = pageScript();
  const digest = createHash("sha256").update(script).digest("base64");
  const policy =
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; base-uri 'none'; form-action ` +
    "'none'";
  const many = page.groups.length > 1;
  return `${markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${page.title}</title>
<style>${pageStyle()}</style>
</head>
<body>
<header>
<h1>${page.title}</h1>
<p>${page.lead}</p>
${facts(page.facts)}
${many && index(page.groups)}
</header>
<main>
${page.groups.map((group, i) => groupOf(group, i, many))}
</main>
<footer class="notes">${page.notes.map((note) => markup`<p>${note}</p>`)}</footer>
<script>${trusted(script)}</script>
</body>
</html>`}\n`;
}

const WRONG = "WRONG";

function facts(entries: readonly Fact[]): Markup | false {
  if (entries.length === 0) return false;
  return markup`<dl>${entries.map(({ name, value }) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function index(groups: readonly Group[]): Markup {
  return markup`<nav aria-label="Contents"><details open><summary>${groups.length} parts</summary><ol>${groups.map(
    ({ title, alarms = [], alarmWord = WRONG }, i) =>
      markup`<li><a href="#g${i}">${title}</a>${alarms.length > 0 && markup` <b class="bad">${alarmWord}</b>`}</li>`,
  )}</ol></details></nav>`;
}

function groupOf(group: Group, at: number, many: boolean): Markup {
  const alarms = group.alarms?.map((text) => markup`<p class="alarm"><b>${group.alarmWord ?? WRONG}</b> ${text}</p>`);
  return markup`<section class="group" id="g${at}" aria-labelledby="g${at}-h">
<h2 id="g${at}-h">${group.title}</h2>
${group.lead !== undefined && markup`<p>${group.lead}</p>`}
${alarms}
${group.sections.map((section, i) => sectionOf(section, `g${at}s${i}`))}
${many && at > 3 && markup`<p><a href="#">To the top</a></p>`}
</section>`;
}

function sectionOf(section: Section, id: string): Markup {
  const { figures = [], key = [] } = section;
  const warnings = section.warnings?.map((text) => markup`<p class="warning"><b>Note</b> ${text}</p>`);
  return markup`<div class="picture">
<h3 id="${id}-h">${section.title}</h3>
<p class="see">${section.see}</p>
<p class="facts"><span class="kind">${section.kind}</span>${KINDS[section.kind].slice(section.kind.length + 2)}; unit: ${section.unit}</p>
${warnings}
${keyOf(key)}
${figures.length > 0 && markup`<div class="figures">${figures.map(figureOf)}</div>`}
${section.steps}
${section.listing !== undefined && markup`<pre class="scroll" tabindex="0" role="group" aria-label="Scenario: ${section.title}">${section.listing}</pre>`}
${tableOf(section, id)}
</div>`;
}

function keyOf(entries: readonly KeyEntry[]): Markup | false {
  if (entries.length === 0) return false;
  return markup`<ul class="key">${entries.map(
    ({ label, mark, shape, hides }) =>
      markup`<li${hides === true && markup` data-hides="${mark}"`}>${keyMark(mark, shape)}<span>${label}</span></li>`,
  )}</ul>`;
}

function figureOf({ title, svg, linear, wide }: Figure): Markup {
  const drawing =
    linear === undefined
      ? svg
      : markup`<div data-scale="log">${svg}</div><div data-scale="linear" class="off">${linear}</div>`;
  return markup`<figure${wide === true && markup` class="wide"`}><figcaption>${title}</figcaption>${drawing}</figure>`;
}

function tableOf({ table, title, open }: Section, id: string): Markup | false {
  if (table === undefined || table.rows.length === 0) return false;
  const shown = markup`<div class="scroll" role="group" aria-label="Figures: ${title}" tabindex="0">${tableMarkup(table, id)}</div>`;
  if (open === true) return shown;
  return markup`<details><summary>Figures</summary>${shown}</details>`;
}

function tableMarkup({ columns, rows }: FigureTable, id: string): Markup {
  const head = columns.map(
    ({ heading, figure }) => markup`<th scope="col"${figure && markup` class="n"`}>${heading}</th>`,
  );
  return markup`<table id="${id}-t"><thead><tr>${head}</tr></thead><tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map((cell, i) => (i === 0 && typeof cell === "string" ? markup`<th scope="row">${cell}</th>` : cellOf(cell)))}</tr>`,
  )}</tbody></table>`;
}

function cellOf(cell: Cell): Markup {
  if (cell === null) return markup`<td class="n">-</td>`;
  if (typeof cell === "string") return markup`<td>${cell}</td>`;
  const { value, text } = typeof cell === "number" ? { value: cell, text: grouped(cell) } : cell;
  return markup`<td class="n" data-value="${value}">${text}</td>`;
}
