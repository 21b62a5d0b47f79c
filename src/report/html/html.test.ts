import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadMmu } from "../../mmu/registry.js";
import { resultFile, runResult, scenarioResult } from "../../testing/resultBuilder.js";
import { benchPage } from "./benchPage.js";
import { SvgDocument } from "./charts/svgDocument.js";
import { markup, scriptJson } from "./markup.js";
import { grouped, tickText } from "./numbers.js";
import { renderPage } from "./render.js";

describe("text from outside", () => {
  it("stays text in markup, within elements and attributes, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { text: html } = markup`<p title="${text}">${text}</p>`;
        const [, attribute, inner] = /^<p title="([^"]*)">([^<]*)<\/p>$/s.exec(html)!;
        for (const part of [attribute!, inner!]) {
          expect(part).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)|(?![\t\n\r])\p{Cc}|\p{Bidi_Control}/u);
        }
      }),
      { seed: 7 },
    );
  });

  it("cannot end the script that it is data of", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { text } = scriptJson([value, "</script><!--", "\u2028"]);
        expect(text).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify([value, "</script><!--", "\u2028"])));
      }),
      { seed: 7 },
    );
  });

  it("stays text in a chart; what runs, loads or links is not written at all", () => {
    const document = new SvgDocument();
    const svg = document.createElementNS("", "svg");
    for (const [name, value] of [
      ["onload", "hit()"],
      ["href", "javascript:hit()"],
      ["xlink:href", "x"],
      ["x", '"><script>'],
    ] as const) {
      svg.setAttribute(name, value);
    }
    svg.append("<script>", document.createElement("script"), document.createElement("foreignObject"));
    expect(svg.markup()).toBe('<svg x="&quot;&gt;&lt;script&gt;">&lt;script&gt;</svg>');
  });
});

it("numbers are grouped in tables and short on axes", () => {
  expect([0, 7, 1000, 262144, 1e9].map(grouped)).toEqual(["0", "7", "1,000", "262,144", "1,000,000,000"]);
  expect([0, 0.5, 1000, 263170, 2e6].map(tickText)).toEqual(["0", "0.5", "1k", "263k", "2M"]);
});

it("the page of a sweep of 100 cases is under 1.5 MB", async () => {
  const mmu = await loadMmu("arm64");
  const given = JSON.parse(readFileSync("results/backing-thp.json", "utf8"));
  const [scenario] = given.scenarios;
  const cases = Array.from({ length: 100 }, (_, i) => {
    const chunk = ["4K", "2M", "1G"][i % 3]!;
    const backing = `backing-${Math.floor(i / 3)}`;
    return { ...scenario, id: `${backing}/enable/chunk=${chunk}`, name: backing, variables: { chunk } };
  });
  const runs = cases.flatMap(({ id }) => given.runs.map((run: object) => ({ ...run, scenario: id })));
  const page = renderPage(await benchPage({ ...given, scenarios: cases, runs }, new Map([["arm64", mmu]])));
  expect(page.length).toBeGreaterThan(100_000);
  expect(Buffer.byteLength(page)).toBeLessThan(1.5 * 2 ** 20);
});

it("a result whose scenario cannot be read any more is drawn without its map", async () => {
  const mmu = await loadMmu("arm64");
  const scenario = scenarioResult("thp/enable", { mmu: "arm64", scenario: { granule: "5K" } });
  const result = resultFile({ scenarios: [scenario], runs: [runResult(), runResult({ strategy: "max-level" })] });
  const { groups } = await benchPage(result, new Map([["arm64", mmu]]));
  expect(groups[0]!.sections.map(({ title }) => title)).toEqual(["Strategies"]);
});

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) => {
    const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
    const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [
      number,
      number,
      number,
    ];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(["light", "dark"])("the palette, %s", (scheme) => {
  const [light, dark] = readFileSync("assets/palette.css", "utf8").split("@media");
  const colours = new Map(
    [...(scheme === "light" ? light! : dark!).matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [
      name!,
      value!,
    ]),
  );
  const ground = colours.get("ground")!;

  it("has marks that stand out from the ground by 3:1", () => {
    const marks = [...colours].filter(([name]) => /^[spl]\d$/.test(name));
    expect(marks).toHaveLength(9 + 4 + 4);
    for (const [name, colour] of marks) expect(contrast(colour, ground), name).toBeGreaterThanOrEqual(3);
  });

  it.each(["ink", "muted", "link", "alarm", "good"])("has text that is read at 4.5:1: %s", (name) => {
    for (const behind of ["ground", "raised"])
      expect(contrast(colours.get(name)!, colours.get(behind)!)).toBeGreaterThanOrEqual(4.5);
  });
});
