import { describe, expect, it } from "vitest";
import { atGoldenKeys, goldenFiles } from "../../testing/golden.js";
import { NIGHTLY } from "../../testing/nightly.js";
import type { Counts } from "../counters.js";
import { arm64 } from "./mmu.js";
import type { ClearRange, DsbPlacement } from "./scenario.js";
import { strategies } from "./strategies/index.js";

type Expected = Counts & { barriers: Record<string, Record<string, Counts>> };

interface Golden {
  name: string;
  scenario: { dirtyLog: object };
  expected: Record<string, Record<string, Expected>>;
}

const LIMITS: Readonly<Record<string, ClearRange>> = { kernel: "word", 512: "2M", chunk: "chunk", ioctl: "ioctl" };
const DSB: Readonly<Record<string, DsbPlacement>> = {
  perCall: "per-call",
  perBlock: "per-block",
  perChange: "per-change",
};
const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

describe.each(goldenFiles<Golden>("arm64-clear-coalesced"))("golden arm64-clear-coalesced/$name", ({ data }) => {
  const boundWith = (more: object) => {
    const dirtyLog = { ...data.scenario.dirtyLog, ...more };
    return arm64.parse({ ...data.scenario, dirtyLog }, data.name);
  };
  const limits = Object.keys(data.expected);
  const cases = limits.flatMap((limit) => Object.keys(data.expected[limit]!).map((id) => [limit, id] as const));

  it.each(cases)("limit %s: %s counts what the kernel's code counts, and leaves word by word's tree", (limit, id) => {
    const { barriers, ...expected } = data.expected[limit]![id]!;
    const bound = boundWith({ clearRange: LIMITS[limit] });
    const ofTree = (counts: Counts) => (counts.final as Counts).digest;
    // The whole tree is compared with a digest where it is another than baseline's of word by word.
    const digest =
      ofTree(expected) !== ofTree(data.expected.kernel!.baseline!) || (limit === "ioctl" && id === "baseline");
    const { counts, findings } = bound.run(byId.get(id)!, { digest });
    const final = digest ? expected.final! : { ...(expected.final as Counts), digest: null };
    expect(atGoldenKeys(counts, expected)).toEqual({ ...expected, final });
    if (ofTree(expected) === ofTree(data.expected.kernel!.baseline!)) {
      expect(findings.filter(({ code }) => code !== "tlbi-wrong-ipa")).toEqual([]);
    }
  });

  it.each(limits)(
    "limit %s: barriers and TLBI instructions are the kernel's, wherever the barrier of a split stands",
    (limit) => {
      for (const [id, { barriers }] of Object.entries(data.expected[limit]!)) {
        // One of the strategies that leave baseline's tree says it for all; all are in the counts
        // above.
        if (id !== "baseline" && !id.includes("rfc") && !id.includes("naive")) continue;
        for (const [i, [config, placements]] of Object.entries(barriers).entries()) {
          const places = Object.entries(placements).filter(([placement]) => placement !== "flush");
          for (const [j, [placement, expected]] of places.entries()) {
            // The two do not depend on each other: of strategies other than baseline each is seen
            // with one of the other.
            if (!NIGHTLY && id !== "baseline" && i !== j % Object.keys(barriers).length) continue;
            const tlbiRange = config.includes("tlbirange");
            const bound = boundWith({ clearRange: LIMITS[limit], dsb: DSB[placement], tlbiRange });
            const { counts } = bound.run(byId.get(id)!, { digest: false });
            expect(withoutZeros(counts), `${id} ${config} ${placement}`).toEqual(expected);
          }
        }
      }
    },
  );
});

/** Barriers and instructions alone; in the golden files a count that is absent is 0. */
function withoutZeros({ barriers, tlbiInstructions }: Counts): Counts {
  const positive = (group: unknown) =>
    Object.fromEntries(Object.entries(group as Record<string, number>).filter(([, count]) => count > 0));
  return { barriers: positive(barriers), tlbiInstructions: positive(tlbiInstructions) };
}
