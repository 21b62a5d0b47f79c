import { expect, it } from "vitest";
import { pageScript, pageStyle } from "./assets.js";
import { markup } from "./markup.js";
import type { Group, Page, Section } from "./page.js";
import { renderPage } from "./render.js";
import { keyMark } from "./shapes.js";

const section: Section = {
  title: "A picture",
  see: "Look.",
  unit: "entries",
  kind: "exact",
  key: [
    { label: "box", mark: "p0", shape: "box", hides: true },
    { label: "line", mark: "p1", shape: "line" },
    { label: "hollow", mark: "p2", shape: "hollow" },
    { label: "stripes", mark: "unsplit", shape: "stripes" },
  ],
  figures: [
    { title: "wide", svg: markup`<svg/>`, wide: true },
    { title: "both", svg: markup`<svg id="log"/>`, linear: markup`<svg id="linear"/>` },
  ],
  warnings: ["careful", "slow"],
  table: {
    columns: [
      { heading: "name", figure: false },
      { heading: "count", figure: true },
    ],
    rows: [
      ["a", 1000],
      ["b", null],
      [{ value: 0.5, text: "50%" }, "text"],
    ],
  },
  steps: markup`<b>steps</b>`,
  listing: "{}",
};
const bare: Section = { title: "Bare", see: "Nothing.", unit: "none", kind: "modelled" };

/** A page without what it has of files: style, script and its digest. */
function rendered(page: Page): string {
  return renderPage(page)
    .replace(pageStyle().text, "STYLE")
    .replace(pageScript(), "SCRIPT")
    .replace(/sha256-[\w+/=]+/, "DIGEST");
}

it("a page of one group has no index, and all that its sections have", () => {
  const group: Group = { title: "One", lead: "A lead.", alarms: ["bad"], sections: [section, bare] };
  const facts = [{ name: "By", value: "s2split" }];
  expect(
    rendered({ title: "A page", lead: "To read.", facts, groups: [group], notes: ["One.", "Two."] }),
  ).toBe(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;DIGEST&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>A page</title>
<style>STYLE</style>
</head>
<body>
<header>
<h1>A page</h1>
<p>To read.</p>
<dl><div><dt>By</dt><dd>s2split</dd></div></dl>

</header>
<main>
<section class="group" id="g0" aria-labelledby="g0-h">
<h2 id="g0-h">One</h2>
<p>A lead.</p>
<p class="alarm"><b>WRONG</b> bad</p>
<div class="picture">
<h3 id="g0s0-h">A picture</h3>
<p class="see">Look.</p>
<p class="facts"><span class="kind">exact</span>the same on every machine; unit: entries</p>
<p class="warning"><b>Note</b> careful</p><p class="warning"><b>Note</b> slow</p>
<ul class="key"><li data-hides="p0"><svg class="p0" width="18" height="14" viewBox="0 0 18 14" aria-hidden="true"><rect x="1" y="1" width="16" height="12" class="swatch"/></svg><span>box</span></li><li><svg class="p1" width="18" height="14" viewBox="0 0 18 14" aria-hidden="true"><path d="M1 7h16" class="stroke"/></svg><span>line</span></li><li><svg class="p2" width="18" height="14" viewBox="0 0 18 14" aria-hidden="true"><path d="M9 3a4 4 0 1 1 0 8a4 4 0 1 1 0-8z" class="stroke"/></svg><span>hollow</span></li><li><svg class="unsplit" width="18" height="14" viewBox="0 0 18 14" aria-hidden="true"><rect x="1" y="1" width="16" height="12" class="stripe-ground"/><path d="M1 13L9 1M7 13L15 1M13 13L17 7" class="stripe-line"/></svg><span>stripes</span></li></ul>
<div class="figures"><figure class="wide"><figcaption>wide</figcaption><svg/></figure><figure><figcaption>both</figcaption><div data-scale="log"><svg id="log"/></div><div data-scale="linear" class="off"><svg id="linear"/></div></figure></div>
<b>steps</b>
<pre class="scroll" tabindex="0" role="group" aria-label="Scenario: A picture">{}</pre>
<details><summary>Figures</summary><div class="scroll" role="group" aria-label="Figures: A picture" tabindex="0"><table id="g0s0-t"><thead><tr><th scope="col">name</th><th scope="col" class="n">count</th></tr></thead><tbody><tr><th scope="row">a</th><td class="n" data-value="1000">1,000</td></tr><tr><th scope="row">b</th><td class="n">-</td></tr><tr><td class="n" data-value="0.5">50%</td><td>text</td></tr></tbody></table></div></details>
</div><div class="picture">
<h3 id="g0s1-h">Bare</h3>
<p class="see">Nothing.</p>
<p class="facts"><span class="kind">modelled</span>from exact counts and a profile of costs; unit: none</p>






</div>

</section>
</main>
<footer class="notes"><p>One.</p><p>Two.</p></footer>
<script>SCRIPT</script>
</body>
</html>
`);
});

it("a page of several groups has an index with alarms, and ways back to the top from the fifth on", () => {
  const groups = ["a", "b", "c", "d", "e"].map((title): Group => ({ title, sections: [] }));
  groups[1] = {
    title: "b",
    alarms: ["x", "y"],
    alarmWord: "Worse",
    sections: [{ ...bare, open: true, kind: "measured" }],
  };
  groups[2] = { title: "c", alarms: ["z"], sections: [{ ...bare, open: true, table: section.table! }] };
  groups[3] = { title: "d", alarms: [], sections: [{ ...bare, table: { columns: [], rows: [] } }] };
  const page = rendered({ title: "A page", lead: "", facts: [], groups, notes: [] });
  expect(page.slice(page.indexOf("<header>"))).toBe(`<header>
<h1>A page</h1>
<p></p>

<nav aria-label="Contents"><details open><summary>5 parts</summary><ol><li><a href="#g0">a</a></li><li><a href="#g1">b</a> <b class="bad">Worse</b></li><li><a href="#g2">c</a> <b class="bad">WRONG</b></li><li><a href="#g3">d</a></li><li><a href="#g4">e</a></li></ol></details></nav>
</header>
<main>
<section class="group" id="g0" aria-labelledby="g0-h">
<h2 id="g0-h">a</h2>




</section><section class="group" id="g1" aria-labelledby="g1-h">
<h2 id="g1-h">b</h2>

<p class="alarm"><b>Worse</b> x</p><p class="alarm"><b>Worse</b> y</p>
<div class="picture">
<h3 id="g1s0-h">Bare</h3>
<p class="see">Nothing.</p>
<p class="facts"><span class="kind">measured</span>on one host, in this run; unit: none</p>






</div>

</section><section class="group" id="g2" aria-labelledby="g2-h">
<h2 id="g2-h">c</h2>

<p class="alarm"><b>WRONG</b> z</p>
<div class="picture">
<h3 id="g2s0-h">Bare</h3>
<p class="see">Nothing.</p>
<p class="facts"><span class="kind">modelled</span>from exact counts and a profile of costs; unit: none</p>





<div class="scroll" role="group" aria-label="Figures: Bare" tabindex="0"><table id="g2s0-t"><thead><tr><th scope="col">name</th><th scope="col" class="n">count</th></tr></thead><tbody><tr><th scope="row">a</th><td class="n" data-value="1000">1,000</td></tr><tr><th scope="row">b</th><td class="n">-</td></tr><tr><td class="n" data-value="0.5">50%</td><td>text</td></tr></tbody></table></div>
</div>

</section><section class="group" id="g3" aria-labelledby="g3-h">
<h2 id="g3-h">d</h2>


<div class="picture">
<h3 id="g3s0-h">Bare</h3>
<p class="see">Nothing.</p>
<p class="facts"><span class="kind">modelled</span>from exact counts and a profile of costs; unit: none</p>






</div>

</section><section class="group" id="g4" aria-labelledby="g4-h">
<h2 id="g4-h">e</h2>



<p><a href="#">To the top</a></p>
</section>
</main>
<footer class="notes"></footer>
<script>SCRIPT</script>
</body>
</html>
`);
});

it("a symbol of a key is filled where it has an area, and the tenth is the first again", () => {
  const shapes = [0, 4, 5, 8, 9].map((shape) =>
    / d="(M[\d.]+ [\d.]+).*class="(\w+)"/.exec(keyMark("s0", shape).text)!.slice(1),
  );
  expect(shapes).toEqual([
    ["M9 3", "swatch"],
    ["M9 2", "swatch"],
    ["M9 2.5", "stroke"],
    ["M9 2.5", "stroke"],
    ["M9 3", "swatch"],
  ]);
});
