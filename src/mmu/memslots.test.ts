import { describe, expect, it } from "vitest";
import {
  backingsAsked,
  evenMemslots,
  guestName,
  memoryOf,
  memslotsFor,
  modesAsked,
  refuseOverlaps,
} from "./memslots.js";

const seed = 7;

describe("memslots of a default guest", () => {
  it("are the memory cut evenly, each with a draw of its own", () => {
    const options = { seed, memslots: 2, thpCoverage: 0.5, base: "0x200000" } as const;
    const memory = memoryOf({ ...options, memory: "8M" }, 4096);
    expect(memory).toEqual({ input: "--memory 8M", base: 2 ** 21, bytes: 8 * 2 ** 20 });
    const slots = evenMemslots(options, memory, "thp", "4K");
    expect(slots.map(({ base }) => base)).toEqual(["0x200000", "0x600000"]);
    const alone = (nth: number) =>
      evenMemslots({ ...options, seed: seed + nth, memslots: 1 }, { ...memory, bytes: 4 * 2 ** 20 }, "thp", "4K")[0]!
        .segments;
    expect(slots.map(({ segments }) => segments)).toEqual([alone(0), alone(1)]);
  });

  it("are 1G at 1G, whole and in blocks, unless options say otherwise", () => {
    const memory = memoryOf({ seed }, 4096);
    expect(memory).toEqual({ input: "--memory 1G", base: 2 ** 30, bytes: 2 ** 30 });
    expect(evenMemslots({ seed }, memory, "thp", "4K")).toEqual([
      { base: "0x40000000", segments: [{ map: "2M", size: "1G" }] },
    ]);
  });

  it.each([
    [{ memory: "0" }, "--memory 0: cannot be cut into 1 memslot of whole pages; expected a multiple of 4K"],
    [
      { memory: "8K", memslots: 3 },
      "--memory 8K: cannot be cut into 3 memslots of whole pages; expected a multiple of 12K",
    ],
    [{ memory: "1X" }, '--memory "1X": not a size; expected a whole number with an optional suffix K, M, G or T, such'],
    [{ base: "1X" }, '--base "1X": not a size'],
  ])("are refused where they cannot be: %o", (options, message) => {
    expect(() => memoryOf({ seed, ...options }, 4096)).toThrow(message);
  });

  it("are named by what was asked for", () => {
    expect(guestName({ seed }, "thp", 2 ** 30)).toBe("thp-1G");
    expect(guestName({ seed, thpCoverage: 0.5 }, "thp", 2 ** 30)).toBe("thp-1G-coverage0.5-seed7");
    expect(guestName({ seed, thpCoverage: 0.5 }, "4k", 2 ** 21, ["16K"])).toBe("4k-2M-16K");
    expect(guestName({ seed, memslots: 2, base: "1M" }, "4k", 2 ** 21, ["16K", "ipa36"])).toBe(
      "4k-2M-x2-16K-ipa36-base1M",
    );
    expect(guestName({ seed, memslots: 1, thpCoverage: 1 }, "thp", 2 ** 21)).toBe("thp-2M");
  });

  it("have the backings that were named, each once, or the usual ones", () => {
    expect(backingsAsked({ seed, backing: ["anonymous_thp", "4k", "THP"] }, true)).toEqual(["thp", "4k"]);
    expect(backingsAsked({ seed }, true)).toEqual(["hugetlb-1g"]);
    expect(backingsAsked({ seed }, false)).toEqual(["4k", "thp", "hugetlb-1g"]);
  });
});

describe("the modes that options ask for", () => {
  it.each([
    [{}, undefined],
    [{ g: true }, ["enable"]],
    [{ g: false }, undefined],
    [{ g: true, mode: "enable" }, ["enable"]],
    [{ mode: "clear" }, ["clear"]],
    [{ mode: "both" }, ["enable", "clear"]],
    [{ workload: "clear" }, ["clear"]],
    [{ workload: "clear", mode: "enable" }, ["enable"]],
    [{ workload: "enable" }, undefined],
  ] as const)("%o: %o", (options, modes) => {
    expect(modesAsked({ seed, ...options })).toEqual(modes);
  });

  it.each(["clear", "both"] as const)("-g contradicts --mode %s", (mode) => {
    expect(() => modesAsked({ seed, g: true, mode })).toThrow(
      `-g with --mode ${mode}: contradict each other; expected -g, or --mode, not both`,
    );
  });
});

it("memslots keep their dirty bitmaps where they are cleared, and lose them where logging is enabled", () => {
  const slots = [{ base: "0", segments: [{ map: "4K", size: "4K" }], dirty: { words: ["0x1"] } }];
  expect(memslotsFor("clear", slots)).toEqual(slots);
  expect(memslotsFor("enable", slots)).toEqual([{ base: "0", segments: [{ map: "4K", size: "4K" }] }]);
});

it("memslots may touch each other, and two that share a frame are named as they were given", () => {
  const slot = (startGfn: number, endGfn: number) => ({ startGfn, endGfn });
  expect(() => refuseOverlaps([slot(8, 12), slot(0, 4), slot(4, 8)])).not.toThrow();
  expect(() => refuseOverlaps([slot(8, 12), slot(0, 4), slot(3, 8)])).toThrow(
    "memslots[2]: overlaps memslots[1]; expected memslots that do not overlap",
  );
});
