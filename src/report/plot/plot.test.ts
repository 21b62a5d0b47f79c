import { describe, expect, it } from "vitest";
import type { Advice } from "../../advise/advise.js";
import type { PricedRun } from "../../cost/selftestTime.js";
import { loadMmu } from "../../mmu/registry.js";
import { colourStyle, marked } from "../../testing/markedStyle.js";
import { verdict } from "../findings.js";
import { levelsOf, MapBudget, mapRows } from "../mapRows.js";
import { styleFor } from "../style.js";
import { barsText } from "./bars.js";
import { type Canvas, canvasFor, keyText } from "./canvas.js";
import { advisePlot, runPlot } from "./costPlots.js";
import { memoryMapText } from "./memoryMap.js";

function canvas(columns: number, env: Record<string, string> = { LANG: "en_GB.UTF-8" }): Canvas {
  return canvasFor(
    styleFor({ stdout: { isTTY: true, columns, write: () => {} }, env: { ...env, NO_COLOR: "1" } }, "auto"),
    env,
  );
}

describe("bars", () => {
  const rows = [
    { name: "baseline", values: [100, 100] },
    { name: "half", values: [100, 0] },
    { name: "little", values: [1, 0], mark: "WRONG" },
    { name: "none", values: [0, 0] },
  ];

  it("are as long as their figures, by part, and fit the terminal", () => {
    expect(barsText(rows, ["protect", "split"], String, canvas(60))).toBe(
      [
        "██ protect   ▒▒ split",
        "baseline █████████████████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 200",
        "    half █████████████████████ 100",
        "  little ▏ 1 WRONG",
        "    none  0",
      ].join("\n"),
    );
  });

  it.each([40, 60, 80, 137])("never leave a terminal of %i columns", (columns) => {
    const text = barsText(rows, [], (value) => `${value} entries`, canvas(columns));
    const widths = text.split("\n").map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
    expect(Math.max(...widths)).toBeGreaterThan(columns - 8);
  });

  it("are ASCII where the locale has no UTF-8", () => {
    for (const env of [{}, { LANG: "C" }, { LANG: "en_GB.UTF-8", LC_ALL: "POSIX" }]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not ASCII
      expect(barsText(rows, ["a", "b"], String, canvas(60, env as Record<string, string>))).toMatch(/^[\x00-\x7f]*$/);
    }
  });
});

it("the map of the fault shows blocks where they were passed over", async () => {
  const mmu = await loadMmu("arm64");
  const segments = [
    { map: "4K", size: "2M" },
    { map: "2M", size: "30M" },
  ];
  const scenario = {
    granule: "4K",
    ipaBits: 40,
    memslots: [{ base: "0x40000000", segments }],
    dirtyLog: { mode: "enable", chunk: "1G" },
  };
  const bound = mmu.parse(scenario, "a scenario");
  const strategies = ["baseline", "skip-return-rfc"].map((id) => mmu.strategies.find((one) => one.id === id)!);
  const mapped = strategies.map((strategy) => {
    const { findings } = bound.run(strategy);
    return { strategy, verdict: verdict(findings, mmu.findingWords), wrong: findings.length > 0 };
  });
  const rows = mapRows(bound, mapped, 16, new MapBudget());
  expect(memoryMapText(rows, levelsOf(bound), canvas(80))).toBe(
    [
      "▓▓ mostly 2M blocks   ░░ mostly 4K pages   XX blocks left unsplit",
      "below: entries inspected, few ▁ to many █",
      "",
      "before",
      "░▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓",
      "",
      "baseline: right",
      "░░░░░░░░░░░░░░░░",
      "████████████████",
      "",
      "skip-return-rfc: 15 blocks unsplit, first at 0x40200000",
      "░XXXXXXXXXXXXXXX",
      // Each of 16 entries moves the address by 2M: then it has left the 32M.
      "▆",
      "0x40000000 0x42000000",
    ].join("\n"),
  );
});

it("bars of ASCII begin with the first part that there is any of, and a long name is cut to a third", () => {
  const ascii = canvas(40, {});
  const rows = [
    { name: "a name that is too long", values: [0, 0.01, 7] },
    { name: "b", values: [0, 0.01, 0] },
    { name: "c", values: [3, 2, 1], mark: "WRONG" },
  ];
  expect(barsText(rows, ["x", "y", "z"], String, ascii)).toBe(`## x   == y   -- z
a name tha... ----------------- 7.01
            b = 0.01
            c #######=====-- 6 WRONG`);
  expect(barsText([{ name: "a", values: [0] }], ["x"], String, canvas(40))).toBe("a  0");
});

it("a bar ends in eighths of a character", () => {
  const rows = Array.from({ length: 10 }, (_, i) => ({ name: "x", values: [100 + i / 8] }));
  const wide = canvas(40);
  expect(
    barsText(
      [{ name: "x", values: [32] }, ...rows.map((_, i) => ({ name: "x", values: [4 + i / 8] }))],
      [],
      () => "",
      wide,
    ),
  ).toBe(`x ████████████████████████████████████ 
x ████▌ 
x ████▋ 
x ████▊ 
x ████▉ 
x █████ 
x █████▏ 
x █████▎ 
x █████▍ 
x █████▋ 
x █████▊ `);
});

it("a key goes on in another line where it has no room", () => {
  const at = (columns: number) => keyText(["abc", "de", "f"], { columns } as Canvas);
  expect([at(12), at(11), at(8), at(7)]).toEqual(["abc   de   f", "abc   de\nf", "abc   de\nf", "abc\nde   f"]);
});

it("a canvas is 40 to 160 columns wide, and 80 where there is no terminal", () => {
  const widthOf = (columns: number) => canvasFor({ chalk: undefined as never, columns }, {}).columns;
  expect([39, 40, 160, 161, Number.POSITIVE_INFINITY].map(widthOf)).toEqual([40, 40, 160, 160, 80]);
});

it("a map of several memslots has holes, levels and shades", () => {
  const slot = (baseHex: string, before: number[], after: number[], unsplit: boolean[], inspected: number[]) => ({
    baseHex,
    bytes: 2 ** 22,
    binBytes: 2 ** 20,
    bins: { before, after, unsplit, inspected },
  });
  const slots = [
    slot("0x40000000", [1, 1, 2, -1], [2, 3, 3, -1], [true, false, false, false], [1, 4, 16, 0]),
    slot("0x80000000", [0, 3, 3, 2], [3, 3, 3, 3], [false, false, false, false], [64, 256, 1024, 4096]),
  ];
  const rows = [{ strategies: ["a", "b"], map: { slots }, verdict: "no good", wrong: true }];
  const level = (n: number) => `level ${n}`;
  expect(
    marked(memoryMapText(rows, level, canvasFor(colourStyle(60), { LANG: "C.UTF-8" }))),
  ).toBe(`(blank) mostly nothing   ██ mostly level 0
██ mostly level 1   ▓▓ mostly level 2   ░░ mostly level 3
XX blocks left unsplit
below: entries inspected, few ▁ to many █

before
██▓ █░░▓

<red>a, b: no good</>
<red>X</>░░ ░░░░
▂▃▄ ▅▆▇█
0x40000000 0x80400000`);
  expect(marked(memoryMapText(rows, level, { ...canvasFor(colourStyle(60), {}), columns: 5 }))).toBe(`## mostly level 0
## mostly level 1
== mostly level 2
.. mostly level 3
XX blocks left unsplit
below: entries inspected, few . to many @

before
#=#.

<red>a, b: no good</>
<red>X</>...
-=*@
0x40000000 0x80400000`);
});

it("the selftest is drawn as bars of who waits, figure by figure, in time where all are priced", () => {
  const of = (strategy: string, chunk: string, ioctl: number, guest: number, ns: number | null) =>
    ({
      strategy,
      chunk,
      bbm: null,
      totals: { ioctl: { "split/visits": 0, split: { visits: ioctl } }, guest: { faults: guest } },
      modelled: ns === null ? null : { totalsNs: { ioctl: ns, guest: 2 * ns } },
    }) as unknown as PricedRun;
  const wide = canvasFor(colourStyle(60), { LANG: "C.UTF-8" });
  expect(
    marked(runPlot([of("baseline", "0", 0, 100, 1000), of("baseline", "2M", 50, 0, 2000)], wide)),
  ).toBe(`<bold>guest faults</>
██ in ioctls   ▒▒ in guests
 chunk 0 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 100
chunk 2M  0

<bold>visitor calls, all walks</>
██ in ioctls   ▒▒ in guests
 chunk 0  0
chunk 2M ███████████████████████████████████████████████ 50

<bold>modelled time</>
██ in ioctls   ▒▒ in guests
 chunk 0 ███████▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 3.00 us
chunk 2M ██████████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 6.00 us`);
  expect(
    marked(runPlot([of("baseline", "0", 0, 100, 1000), of("skip", "0", 50, 0, null)], wide)),
  ).toBe(`<bold>guest faults</>
██ in ioctls   ▒▒ in guests
baseline, chunk 0 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 100
    skip, chunk 0  0

<bold>visitor calls, all walks</>
██ in ioctls   ▒▒ in guests
baseline, chunk 0  0
    skip, chunk 0 ██████████████████████████████████████ 50`);
});

it("an advice is drawn as what each right choice costs, by who pays", () => {
  const row = (more: object) => ({
    strategy: "baseline",
    mode: "enable",
    chunk: "0",
    enableNs: 1000,
    firstClearNs: null,
    guest: { vcpuNs: 3000 },
    totalNs: 4000,
    ...more,
  });
  const wide = canvasFor(colourStyle(60), { LANG: "C.UTF-8" });
  const plot = (...rows: object[]) => marked(advisePlot({ rows } as unknown as Advice, wide));
  expect(
    plot(row({}), row({ mode: "clear", chunk: "2M", firstClearNs: 2000 }), row({ guest: null, totalNs: null })),
  ).toBe(`██ enabling   ▒▒ first clear   ░░ first pass of all vCPUs
enable, off ██████░░░░░░░░░░░░░░░░░░░░ 4.00 us
  clear, 2M ██████▒▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░░░░░░░░░░░░░░ 6.00 us`);
  expect(plot(row({}), row({ strategy: "skip" }))).toBe(`██ enabling   ▒▒ first clear   ░░ first pass of all vCPUs
baseline, enable,... ███████░░░░░░░░░░░░░░░░░░░░░░░ 4.00 us
   skip, enable, off ███████░░░░░░░░░░░░░░░░░░░░░░░ 4.00 us`);
  expect(plot(row({ guest: null, totalNs: null }))).toBe("");
});
