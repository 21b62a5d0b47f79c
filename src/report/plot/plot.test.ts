import { describe, expect, it } from "vitest";
import { loadMmu } from "../../mmu/registry.js";
import { verdict } from "../findings.js";
import { levelsOf, MapBudget, mapRows } from "../mapRows.js";
import { styleFor } from "../style.js";
import { barsText } from "./bars.js";
import { type Canvas, canvasFor } from "./canvas.js";
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
