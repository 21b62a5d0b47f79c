import { describe, expect, it } from "vitest";
import { withId } from "../lists.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Case, Mmu, Strategy, TraceEvent } from "../mmu/contract.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { undrawn } from "../testing/undrawn.js";
import type { SearchResult } from "../verify/search.js";
import type { Verdict } from "../verify/verify.js";
import type { Figure } from "./html/page.js";
import { tracePage } from "./html/tracePage.js";
import { searchPage, verdictsPage } from "./html/verifyPage.js";
import { TraceFold } from "./traceFold.js";
import { besideText, TraceSummary, traceText } from "./traceText.js";
import { fullWords } from "./traceWords.js";
import { conclusion, faultScenarioText, searchJson, searchText, verdictJson, verdictsText } from "./verifyText.js";

const mmu = arm64 as unknown as Mmu;
const strategy = (id: string): Strategy => withId(mmu.strategies, id);
/** 4 MiB: pages, then a block. */
const scenario = {
  mmu: "arm64",
  granule: "4K",
  ipaBits: 40,
  memslots: [
    {
      base: "0x40000000",
      segments: [
        { map: "4K", size: "2M" },
        { map: "2M", size: "2M" },
      ],
    },
  ],
  dirtyLog: { mode: "enable", chunk: "1G" },
};
const bound: Case = mmu.parse(scenario, "a scenario");
const finding = bound.run(strategy("skip-return-rfc")).findings[0]!;
const note = { code: "needlessly-write-protected", count: 2, data: { ipa: "0x40000000", level: 3 } };
const verdicts: readonly Verdict[] = [
  { strategy: strategy("baseline"), findings: [], notes: [note] },
  { strategy: strategy("skip-return-rfc"), findings: [finding], notes: [] },
] as unknown as readonly Verdict[];
const result: SearchResult = {
  mmu,
  layouts: 1500,
  seed: 7,
  strategies: [
    { strategy: strategy("baseline"), layouts: 1500, failing: 0 },
    { strategy: strategy("skip-return-rfc"), layouts: 1200, failing: 1100 },
    { strategy: strategy("skip-return"), layouts: 0, failing: 0 },
  ],
  faults: [{ strategy: strategy("skip-return-rfc"), finding, layouts: 1100, firstLayout: 3, scenario, shrinks: 4 }],
  notes: [
    {
      strategy: strategy("baseline"),
      finding: note,
      layouts: 1400,
      firstLayout: 0,
      scenario,
      shrinks: 2,
      strategies: ["baseline", "skip-return"],
    },
  ],
  stopped: true,
};

const told = ({ title, wide }: Figure) => [title, wide === true];

describe("verdicts", () => {
  it("on a case are told a line a strategy, with what is wrong and what is noted", () => {
    expect(marked(verdictsText(mmu, "a heading", verdicts, colourStyle()))).toBe(`<bold>a heading</>
  <green>right</>  baseline
           noted: 2 leaves (memory) are write-protected outside every range that was to be, the first at IPA 0x40000000,
             level 3
  <red>WRONG</>  skip-return-rfc
           1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2`);
    expect(verdicts.map((one) => verdictJson(mmu, one))).toEqual([
      {
        strategy: "baseline",
        source: "builtin",
        findings: [],
        notes: [
          {
            code: "needlessly-write-protected",
            count: 2,
            data: { ipa: "0x40000000", level: 3 },
            text: "2 leaves (memory) are write-protected outside every range that was to be, the first at IPA 0x40000000, level 3",
          },
        ],
      },
      {
        strategy: "skip-return-rfc",
        source: "builtin",
        findings: [
          {
            code: "unsplit-block",
            count: 1,
            data: { bytes: 2097152, ipa: "0x40200000", level: 2 },
            text: "1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
          },
        ],
      },
    ]);
  });

  it("on random layouts end with the simplest that shows each fault, and each note", () => {
    expect(
      marked(searchText(result, colourStyle())),
    ).toBe(`<bold>KVM/arm64 stage-2: 1,500 random layouts, seed 7 (interrupted)</>
  <green>right</>  baseline         right on all 1,500
  <red>WRONG</>  skip-return-rfc  wrong on 1,100 of the 1,200 layouts it applies to
      -  skip-return      applies to none of the layouts: not checked

<bold>1. skip-return-rfc</>: 1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA
  0x40200000, level 2
   unsplit-block, on 1,100 of the 1,200 layouts it applies to; the simplest layout found that shows it:
   {"mmu":"arm64","granule":"4K","ipaBits":40,"memslots":[{"base":"0x40000000","segments":[{"map":"4K","size":"2M"},{"map":"2M","size":"2M"}]}],"dirtyLog":{"mode":"enable","chunk":"1G"}}

Noted, and no fault of a strategy:

<bold>needlessly-write-protected</> (baseline, skip-return): 2 leaves (memory) are write-protected outside every range that was
  to be, the first at IPA 0x40000000, level 3
   on 1,400 of 1,500 layouts under baseline; the simplest layout found that shows it:
   {"mmu":"arm64","granule":"4K","ipaBits":40,"memslots":[{"base":"0x40000000","segments":[{"map":"4K","size":"2M"},{"map":"2M","size":"2M"}]}],"dirtyLog":{"mode":"enable","chunk":"1G"}}`);
    const every = { ...result.notes[0]!, strategies: ["a", "b", "c"] };
    const text = searchText({ ...result, stopped: false, notes: [every] }, colourStyle());
    expect(text.split("\n")[0]).toContain("1,500 random layouts, seed 7");
    expect(text).not.toContain("interrupted");
    expect(text).toContain("(every strategy)");
  });

  it("on random layouts are told as JSON, notes only where there are some", () => {
    expect(searchJson(result)).toEqual({
      layouts: 1500,
      seed: 7,
      stopped: true,
      strategies: [
        { strategy: "baseline", source: "builtin", layouts: 1500, failing: 0 },
        { strategy: "skip-return-rfc", source: "builtin", layouts: 1200, failing: 1100 },
        { strategy: "skip-return", source: "builtin", layouts: 0, failing: 0 },
      ],
      faults: [
        {
          strategy: "skip-return-rfc",
          source: "builtin",
          fault: "unsplit-block",
          finding: {
            code: "unsplit-block",
            count: 1,
            data: { bytes: 2097152, ipa: "0x40200000", level: 2 },
            text: "1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
          },
          layouts: 1100,
          firstLayout: 3,
          shrinks: 4,
          scenario: {
            mmu: "arm64",
            granule: "4K",
            ipaBits: 40,
            memslots: [
              {
                base: "0x40000000",
                segments: [
                  { map: "4K", size: "2M" },
                  { map: "2M", size: "2M" },
                ],
              },
            ],
            dirtyLog: { mode: "enable", chunk: "1G" },
          },
        },
      ],
      notes: [
        {
          note: "needlessly-write-protected",
          strategies: ["baseline", "skip-return"],
          finding: {
            code: "needlessly-write-protected",
            count: 2,
            data: { ipa: "0x40000000", level: 3 },
            text: "2 leaves (memory) are write-protected outside every range that was to be, the first at IPA 0x40000000, level 3",
          },
          layouts: 1400,
          firstLayout: 0,
          shrinks: 2,
          scenario: {
            mmu: "arm64",
            granule: "4K",
            ipaBits: 40,
            memslots: [
              {
                base: "0x40000000",
                segments: [
                  { map: "4K", size: "2M" },
                  { map: "2M", size: "2M" },
                ],
              },
            ],
            dirtyLog: { mode: "enable", chunk: "1G" },
          },
        },
      ],
    });
    expect(Object.keys(searchJson({ ...result, notes: [] }))).not.toContain("notes");
    const named = { ...result.faults[0]!, scenario: { ...scenario, name: "x", description: "y" } };
    expect(faultScenarioText(named, result)).toBe(`{
  "name": "skip-return-rfc-unsplit-block",
  "description": "Under skip-return-rfc, 1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2. The simplest layout found by s2split verify --random 1500 --seed 7.",
  "mmu": "arm64",
  "granule": "4K",
  "ipaBits": 40,
  "memslots": [
    {
      "base": "0x40000000",
      "segments": [
        { "map": "4K", "size": "2M" },
        { "map": "2M", "size": "2M" }
      ]
    }
  ],
  "dirtyLog": { "mode": "enable", "chunk": "1G" }
}
`);
  });

  it("come to a last line", () => {
    expect(conclusion([], 1)).toBe("1 strategy checked, all right");
    expect(conclusion(["a", "b"], 3)).toBe("3 strategies checked, wrong: a, b");
  });

  it("have a page, with the address map of each case", () => {
    expect(undrawn(verdictsPage([{ id: "one", bound, verdicts }]), told)).toEqual({
      lead: "Whether walkers are right: every block in range split, nothing lost, one invalidation for each broken block, no entry read after its table was left.",
      notes: ["A verdict is exact: every invariant is checked on the finished tree and on the way there."],
      title: "Verdicts on 1 case",
      facts: [],
      groups: [
        {
          title: "one",
          lead: "KVM/arm64 stage-2",
          alarms: ["skip-return-rfc: 1 block unsplit, first at 0x40200000"],
          sections: [
            {
              title: "Verdicts",
              see: "A strategy is right where no invariant is broken.",
              unit: "right or wrong",
              kind: "exact",
              open: true,
              table: {
                columns: [
                  { heading: "strategy", figure: false },
                  { heading: "verdict", figure: false },
                ],
                rows: [
                  ["baseline", "right"],
                  [
                    "skip-return-rfc",
                    "WRONG: 1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
                  ],
                ],
              },
            },
            {
              title: "Address map",
              see: "Guest memory from left to right: where a strip is striped, blocks that were to be split are still blocks, and the thin strip below shows that no walk inspected them.",
              unit: "bytes of guest memory; entries",
              kind: "exact",
              key: [
                { label: "mostly 2M blocks", mark: "l2", shape: "box" },
                { label: "mostly 4K pages", mark: "l3", shape: "box" },
                { label: "blocks left unsplit", mark: "unsplit", shape: "stripes" },
                { label: "entries inspected by the split walks: the stronger, the more", mark: "heat", shape: "box" },
              ],
              table: {
                columns: [
                  { heading: "strategy", figure: false },
                  { heading: "memslot", figure: false },
                  { heading: "bin", figure: false },
                  { heading: "bins", figure: true },
                  { heading: "before, in bins", figure: false },
                  { heading: "after, in bins", figure: false },
                  { heading: "bins with unsplit blocks", figure: true },
                  { heading: "entries inspected, split walk", figure: true },
                ],
                rows: [
                  [
                    "baseline",
                    "0x40000000",
                    "16K",
                    256,
                    "128 of 2M blocks, 128 of 4K pages",
                    "256 of 4K pages",
                    0,
                    1027,
                  ],
                  [
                    "skip-return-rfc",
                    "0x40000000",
                    "16K",
                    256,
                    "128 of 2M blocks, 128 of 4K pages",
                    "128 of 2M blocks, 128 of 4K pages",
                    128,
                    4,
                  ],
                ],
              },
              figures: [["Guest memory of one", true]],
            },
          ],
        },
      ],
    });
    expect(verdictsPage([]).title).toBe("Verdicts on 0 cases");
    const [group] = verdictsPage([{ id: "one", bound, verdicts }]).groups;
    expect(
      group!.sections[1]!.figures![0]!.svg.text.replaceAll("><", ">\n<"),
    ).toBe(`<svg class="map" role="img" aria-labelledby="map0-t map0-d" width="100%" height="214" xmlns="http://www.w3.org/2000/svg">
<title id="map0-t">Address map of one</title>
<desc id="map0-d">baseline: right. skip-return-rfc: 1 block unsplit, first at 0x40200000</desc>
<defs>
<pattern id="map0-s" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="6" height="6" class="stripe-ground"/>
<rect width="2.5" height="6" class="stripe"/>
</pattern>
</defs>
<text x="0" y="12">before</text>
<rect class="l3" x="0%" y="20" width="50%" height="20">
<title>0x40000000 to 0x40200000 (2M): before, mostly 4K pages</title>
</rect>
<rect class="l2" x="50%" y="20" width="50%" height="20">
<title>0x40200000 to 0x40400000 (2M): before, mostly 2M blocks</title>
</rect>
<text x="0" y="64">baseline: right</text>
<rect class="l3" x="0%" y="72" width="100%" height="20">
<title>0x40000000 to 0x40400000 (4M): after, mostly 4K pages; 1,027 entries inspected by the split walks</title>
</rect>
<rect class="heat" x="0%" y="94" width="100%" height="9" fill-opacity="1">
<title>0x40000000 to 0x40400000 (4M): 1,027 entries inspected by the split walks</title>
</rect>
<text x="0" y="127" class="wrong">skip-return-rfc: 1 block unsplit, first at</text>
<text x="0" y="143" class="wrong">0x40200000</text>
<rect class="l3" x="0%" y="151" width="50%" height="20">
<title>0x40000000 to 0x40200000 (2M): after, mostly 4K pages; 4 entries inspected by the split walks</title>
</rect>
<rect class="unsplit" x="50%" y="151" width="50%" height="20" fill="url(#map0-s)">
<title>0x40200000 to 0x40400000 (2M): after, mostly 2M blocks, with blocks left unsplit; 0 entries inspected by the split walks</title>
</rect>
<rect class="heat" x="0%" y="173" width="0.391%" height="9" fill-opacity="1">
<title>0x40000000 to 0x40004000 (16K): 4 entries inspected by the split walks</title>
</rect>
<rect class="cold" x="0.391%" y="173" width="99.609%" height="9">
<title>0x40004000 to 0x40400000 (4080K): 0 entries inspected by the split walks</title>
</rect>
<text class="tick" x="0" y="202">0x40000000</text>
<text class="tick" x="50%" y="202" text-anchor="middle">4M</text>
<text class="tick" x="100%" y="202" text-anchor="end">0x40400000</text>
</svg>`);
  });

  it("of a search have a page, with the simplest layout of each fault", async () => {
    expect(undrawn(await searchPage([result]), told)).toEqual({
      lead: "Whether walkers are right: every block in range split, nothing lost, one invalidation for each broken block, no entry read after its table was left.",
      notes: ["A verdict is exact: every invariant is checked on the finished tree and on the way there."],
      title: "A search of random layouts",
      facts: [{ name: "KVM/arm64 stage-2", value: "1500 layouts, seed 7" }],
      groups: [
        {
          title: "KVM/arm64 stage-2",
          alarms: ["skip-return-rfc: on 1100 of 1200 layouts"],
          sections: [
            {
              title: "Layouts, right and wrong",
              see: "A strategy with any layout that it is wrong on is wrong; few does not mean harmless.",
              unit: "layouts",
              kind: "exact",
              key: [
                { label: "right on", mark: "p0", shape: "box" },
                { label: "wrong on", mark: "p1", shape: "box" },
              ],
              table: {
                columns: [
                  { heading: "strategy", figure: false },
                  { heading: "layouts", figure: true },
                  { heading: "wrong on", figure: true },
                ],
                rows: [
                  ["baseline", 1500, 0],
                  ["skip-return-rfc", 1200, 1100],
                  ["skip-return", 0, 0],
                ],
              },
              figures: [["By strategy", false]],
            },
          ],
        },
        {
          title: "1. skip-return-rfc: unsplit-block",
          lead: "On 1100 of the layouts. Below is the simplest that was found to show it.",
          alarms: [
            "1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
          ],
          sections: [
            {
              title: "Address map",
              see: "Guest memory from left to right: where a strip is striped, blocks that were to be split are still blocks, and the thin strip below shows that no walk inspected them.",
              unit: "bytes of guest memory; entries",
              kind: "exact",
              key: [
                { label: "mostly 2M blocks", mark: "l2", shape: "box" },
                { label: "mostly 4K pages", mark: "l3", shape: "box" },
                { label: "blocks left unsplit", mark: "unsplit", shape: "stripes" },
                { label: "entries inspected by the split walks: the stronger, the more", mark: "heat", shape: "box" },
              ],
              table: {
                columns: [
                  { heading: "strategy", figure: false },
                  { heading: "memslot", figure: false },
                  { heading: "bin", figure: false },
                  { heading: "bins", figure: true },
                  { heading: "before, in bins", figure: false },
                  { heading: "after, in bins", figure: false },
                  { heading: "bins with unsplit blocks", figure: true },
                  { heading: "entries inspected, split walk", figure: true },
                ],
                rows: [
                  [
                    "baseline",
                    "0x40000000",
                    "16K",
                    256,
                    "128 of 2M blocks, 128 of 4K pages",
                    "256 of 4K pages",
                    0,
                    1027,
                  ],
                  [
                    "skip-return-rfc",
                    "0x40000000",
                    "16K",
                    256,
                    "128 of 2M blocks, 128 of 4K pages",
                    "128 of 2M blocks, 128 of 4K pages",
                    128,
                    4,
                  ],
                ],
              },
              figures: [["Guest memory of the simplest layout", true]],
            },
            {
              title: "The simplest layout",
              see: "A scenario: s2split trace --scenario FILE tells the walk on it step by step.",
              unit: "a scenario file",
              kind: "exact",
              listing: `{
  "mmu": "arm64",
  "granule": "4K",
  "ipaBits": 40,
  "memslots": [
    {
      "base": "0x40000000",
      "segments": [
        {
          "map": "4K",
          "size": "2M"
        },
        {
          "map": "2M",
          "size": "2M"
        }
      ]
    }
  ],
  "dirtyLog": {
    "mode": "enable",
    "chunk": "1G"
  }
}`,
            },
          ],
        },
      ],
    });
  });
});

describe("a walk", () => {
  const words = fullWords(mmu.traceWords);
  const walkOf = (id: string) => {
    const fold = new TraceFold(words);
    const summary = new TraceSummary();
    const events: TraceEvent[] = [];
    bound.trace!(strategy(id), (event: TraceEvent) => {
      if (event.phase !== "split") return;
      fold.add(event);
      summary.add(event);
      events.push({ ...event });
    });
    return { strategy: id, events, nodes: fold.nodes(), summary: summary.lines(), findings: [] as Verdict["findings"] };
  };

  it("is told folded, and two of them beside each other", () => {
    const [base, other] = [walkOf("baseline"), walkOf("skip-return-rfc")];
    expect(
      marked(traceText(base.nodes, words, colourStyle())),
    ).toBe(`<bold>split walk, page cache topped up to 513: 0x40000000 to 0x40400000</>
  level 1 [1] 0x40000000 table: not visited, entered
  level 2 [0] 0x40000000 table: not visited, entered
  512 x level 3 page r-x: visited, nothing to do (0x40000000 to 0x401ff000)
  level 2 [1] 0x40200000 block 2M r-x -> 0x8040200000: visited, split into pages, the new table entered
  block of level 2 broken and replaced, 1 TLBI to its IPA: 0x40200000
  512 x level 3 page r-x, made by this walk: visited, nothing to do (0x40200000 to 0x403ff000)`);
    expect(base.summary).toEqual([
      "split: 1,027 entries (level 1: 1, level 2: 2, level 3: 1,024) inspected, 1,025 visitor calls (level 2: 1, level 3: 1,024); in tables that the walk had just made: 512 inspected, 512 visited",
    ]);
    const sides = [base, other].map(({ strategy: title, nodes }) => ({ title, nodes }));
    expect(
      marked(besideText(sides[0]!, sides[1]!, words, colourStyle())),
    ).toBe(`<bold>baseline                                                   | skip-return-rfc</>
<dim>split walk, page cache topped up to 513: 0x40000000 to     | split walk, page cache topped up to 513: 0x40000000 to</>
<dim>  0x40400000                                               |   0x40400000</>
<dim>  level 1 [1] 0x40000000 table: not visited, entered       |   level 1 [1] 0x40000000 table: not visited, entered</>
<dim>  level 2 [0] 0x40000000 table: not visited, entered       |   level 2 [0] 0x40000000 table: not visited, entered</>
  512 x level 3 page r-x: visited, nothing to do           |   level 3 [0] 0x40000000 page r-x -> 0x8040000000:
    (0x40000000 to 0x401ff000)                             |     visited, nothing to do, visitor returns SKIP_SIBLINGS:
                                                           |     the address moves, the loop goes on
  level 2 [1] 0x40200000 block 2M r-x -> 0x8040200000:     |
    visited, split into pages, the new table entered       |
  block of level 2 broken and replaced, 1 TLBI to its IPA: |
    0x40200000                                             |
  512 x level 3 page r-x, made by this walk: visited,      |
    nothing to do (0x40200000 to 0x403ff000)               |
                                                           |   level 3 [1] 0x40001000 page r-x -> 0x8040001000:
                                                           |     visited, nothing to do, visitor returns SKIP_SIBLINGS:
                                                           |     the address moves, the loop goes on (outside of it:
                                                           |     the walk's address is 0x40200000)`);
    expect(
      marked(besideText(sides[1]!, sides[0]!, words, colourStyle(60))),
    ).toBe(`<bold>skip-return-rfc                | baseline</>
<dim>split walk, page cache topped  | split walk, page cache topped</>
<dim>  up to 513: 0x40000000 to     |   up to 513: 0x40000000 to</>
<dim>  0x40400000                   |   0x40400000</>
<dim>  level 1 [1] 0x40000000       |   level 1 [1] 0x40000000</>
<dim>    table: not visited,        |     table: not visited,</>
<dim>    entered                    |     entered</>
<dim>  level 2 [0] 0x40000000       |   level 2 [0] 0x40000000</>
<dim>    table: not visited,        |     table: not visited,</>
<dim>    entered                    |     entered</>
  level 3 [0] 0x40000000 page  |   512 x level 3 page r-x:
    r-x -> 0x8040000000:       |     visited, nothing to do
    visited, nothing to do,    |     (0x40000000 to 0x401ff000)
    visitor returns            |
    SKIP_SIBLINGS: the address |
    moves, the loop goes on    |
  level 3 [1] 0x40001000 page  |
    r-x -> 0x8040001000:       |
    visited, nothing to do,    |
    visitor returns            |
    SKIP_SIBLINGS: the address |
    moves, the loop goes on    |
    (outside of it: the walk's |
    address is 0x40200000)     |
                               |   level 2 [1] 0x40200000 block
                               |     2M r-x -> 0x8040200000:
                               |     visited, split into pages,
                               |     the new table entered
                               |   block of level 2 broken and
                               |     replaced, 1 TLBI to its
                               |     IPA: 0x40200000
                               |   512 x level 3 page r-x, made
                               |     by this walk: visited,
                               |     nothing to do (0x40200000
                               |     to 0x403ff000)`);
  });

  it("has a page, with its steps where it went astray", async () => {
    const walk = { ...walkOf("skip-return-rfc"), findings: [finding] };
    const page = await tracePage(bound, "a case", [walk]);
    expect(undrawn(page, told)).toEqual({
      title: "A walk on a case",
      lead: "What a walk reads, step by step, what the strategy decides, and where the walk goes from there.",
      facts: [{ name: "MMU", value: "KVM/arm64 stage-2" }],
      notes: [
        "Every step is exact: the same on every machine; the tests of s2split hold the counts equal to those of the kernel's own code.",
      ],
      groups: [
        {
          title: "skip-return-rfc",
          lead: "split: 4 entries (level 1: 1, level 2: 1, level 3: 2) inspected, 2 visitor calls (level 3: 2)",
          alarms: ["1 block unsplit, first at 0x40200000"],
          sections: [
            {
              title: "Step by step",
              see: "From step 4 on, the entries that are read (crosses) do not lie on the walk's address (line): the address has moved, and the loop over the table's entries goes on.",
              unit: "bytes of guest memory over steps",
              kind: "exact",
              key: [
                { label: "address of the walk", mark: "p1", shape: "line" },
                { label: "entry that is read", mark: "p0", shape: 0 },
                { label: "entry read outside of the address", mark: "alarm-mark", shape: 7 },
              ],
              warnings: [],
              figures: [["Address and entry, over the steps", false]],
            },
            {
              title: "The walk in words",
              see: "Steps that differ only in where they are become one line, and lines that repeat become a group.",
              unit: "entries of page tables",
              kind: "exact",
              warnings: [],
              table: {
                columns: [{ heading: "step", figure: false }],
                rows: [
                  ["split walk, page cache topped up to 513: 0x40000000 to 0x40400000"],
                  [" level 1 [1] 0x40000000 table: not visited, entered"],
                  [" level 2 [0] 0x40000000 table: not visited, entered"],
                  [
                    " level 3 [0] 0x40000000 page r-x -> 0x8040000000: visited, nothing to do, visitor returns SKIP_SIBLINGS: the address moves, the loop goes on",
                  ],
                  [
                    " level 3 [1] 0x40001000 page r-x -> 0x8040001000: visited, nothing to do, visitor returns SKIP_SIBLINGS: the address moves, the loop goes on (outside of it: the walk's address is 0x40200000)",
                  ],
                ],
              },
              open: true,
            },
          ],
        },
      ],
    });
    const { text } = page.groups[0]!.sections[0]!.steps!;
    expect(JSON.parse(/<script type="application\/json">(.*?)<\/script>/.exec(text)![1]!)).toEqual({
      pageBytes: 4096,
      entries: 512,
      startLevel: 1,
      spans: [134217728, 262144, 512, 1],
      level: [1, 2, 3, 3],
      index: [1, 0, 0, 1],
      entry: [262144, 262144, 262144, 262145],
      address: [262144, 262144, 262144, 262656],
      outside: [0, 0, 0, 1],
      word: [0, 1, 2, 3],
      words: [
        "split: level 1 table: not visited, entered",
        "split: level 2 table: not visited, entered",
        "split: level 3 page r-x: visited, nothing to do, visitor returns SKIP_SIBLINGS: the address moves, the loop goes on",
        "split: level 3 page r-x: visited, nothing to do, visitor returns SKIP_SIBLINGS: the address moves, the loop goes on (outside of it: the walk's address)",
      ],
    });
    expect(text.slice(text.indexOf("</div></figure>"))).toBe(
      '</div></figure><p class="step bad" aria-live="polite">Step 4 of 4: split: level 3 page r-x: visited, nothing to do, visitor returns SKIP_SIBLINGS: the address moves, the loop goes on (outside of it: the walk&#39;s address)</p></div>',
    );
    const right = (await tracePage(bound, "a case", [walkOf("skip-return")])).groups[0]!.sections[0]!;
    expect(right.see).toBe(
      "The entries that are read lie on the walk's address all the way: index and address agree at every step.",
    );
    expect(right.key!.map(({ label }) => label)).toEqual(["address of the walk", "entry that is read"]);
    expect(right.steps!.text).toContain('<p class="step" aria-live="polite">Step 1 of ');
  });
});
