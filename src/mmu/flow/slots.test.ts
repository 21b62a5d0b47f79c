import { describe, expect, it } from "vitest";
import { parseAddress } from "../../guest/sizes.js";
import { DirtyBitmap, TakenWords } from "./dirtyBitmap.js";
import { flowPages } from "./flowPages.js";
import type { DirtyLogStep } from "./guestFlow.js";
import { hostedSlot, segmentAt } from "./hostMemory.js";
import { LoggedFlow } from "./loggedFlow.js";
import { LoggedSlot } from "./loggedSlot.js";
import { Regions, wholeSlot } from "./regions.js";
import { type FrameRange, pageFinder, pagesIn, slotFinder, takesDigest } from "./slots.js";
import { withoutZeros } from "./withoutZeros.js";

const slot = (startGfn: number, endGfn: number) => ({ startGfn, endGfn });

describe("slots", () => {
  it("have so many frames in all", () => {
    expect([pagesIn([slot(3, 5), slot(10, 11)]), pagesIn([])]).toEqual([3, 0]);
  });

  it("have a digest as asked or where all is kept, and only where their leaves come in address order", () => {
    const [ordered, not] = [
      [slot(0, 4), slot(4, 8)],
      [slot(4, 8), slot(0, 4)],
    ];
    const asked = [true, false, undefined].flatMap((digest) =>
      [true, false].map((whole) => [takesDigest(ordered!, whole, digest), takesDigest(not!, whole, digest)]),
    );
    expect(asked).toEqual([
      [true, true],
      [true, false],
      [false, false],
      [false, false],
      [true, true],
      [false, false],
    ]);
  });

  it("are found by their frames, whichever was found last", () => {
    const slots = [slot(8, 12), slot(0, 4), slot(4, 6)].map((layout) => ({ layout }));
    const find = slotFinder(slots);
    expect([8, 11, 3, 4, 5, 0].map((gfn) => slots.indexOf(find(gfn)))).toEqual([0, 0, 1, 2, 2, 1]);
    for (const gfn of [6, 7, 12]) expect(() => find(gfn)).toThrow(`no memslot has frame ${gfn}`);
  });

  it("have pages in address order, with gaps or without", () => {
    const gapless = pageFinder([slot(3, 5), slot(5, 6)]);
    const gaps = pageFinder([slot(3, 5), slot(8, 9), slot(20, 30), slot(40, 41)]);
    expect([0, 1, 2].map(gapless)).toEqual([3, 4, 5]);
    expect([0, 1, 2, 3, 12, 13].map(gaps)).toEqual([3, 4, 8, 20, 29, 40]);
  });
});

describe("the pages of a flow's guest", () => {
  const pass = { op: "guest" };
  const input = { vcpus: 2, partitioned: true, pagesPerVcpu: 2, steps: [pass] };

  it("are counted through all slots, and by the guest's own size where that is another", () => {
    const slots = [slot(8, 12), slot(0, 4)];
    const pages = flowPages(input, slots, 4096, 4096);
    expect([pages.npages, pages.passPages, pages.gfnOfPage(4), pages.gfnOfGuestPage(5)]).toEqual([8, 2, 8, 9]);
    expect(flowPages({ ...input, partitioned: false }, slots, 4096, 4096).passPages).toBe(4);
    const larger = flowPages(input, slots, 4096, 8192);
    expect([0, 1, 2, 3].map(larger.gfnOfGuestPage)).toEqual([0, 2, 8, 10]);
    const smaller = flowPages(input, slots, 16384, 4096);
    expect([3, 4, 16].map(smaller.gfnOfGuestPage)).toEqual([0, 1, 8]);
  });

  it("are enough for its passes, where there are any", () => {
    expect(() => flowPages(input, [slot(0, 4)], 4096, 4096)).not.toThrow();
    const short = "2 vCPUs with 2 pages each: need 16384 bytes; expected at most the 12288 bytes of the memslots";
    expect(() => flowPages(input, [slot(0, 3)], 4096, 4096)).toThrow(short);
    const meanwhile = { ...input, steps: [{ op: "disable", guests: pass }] };
    expect(() => flowPages(meanwhile, [slot(0, 3)], 4096, 4096)).toThrow(short);
    for (const steps of [[], [{ op: "disable" }], [{ op: "get" }]])
      expect(() => flowPages({ ...input, steps }, [slot(0, 3)], 4096, 4096)).not.toThrow();
  });

  it("are of at least one vCPU and of slots that have no page in common", () => {
    for (const vcpus of [0, 1.5])
      expect(() => flowPages({ ...input, vcpus }, [slot(0, 8)], 4096, 4096)).toThrow(
        `vcpus: is ${vcpus}; expected at least 1`,
      );
    expect(flowPages({ ...input, vcpus: 1 }, [slot(0, 8)], 4096, 4096).npages).toBe(8);
    expect(() => flowPages(input, [slot(4, 8), slot(0, 5)], 4096, 4096)).toThrow(
      "the slot at 0x4000: overlaps another; expected memslots that do not overlap",
    );
  });
});

describe("host memory behind a slot", () => {
  const space = {
    pageBytes: 4096,
    endGfn: 100,
    words: "the space",
    wider: "more",
    gfnOf: (address: string) => parseAddress(address) / 4096,
    levelOf: (map: string) => (map === "2M" ? 1 : 0),
  };
  const backed = (size: string, ...backing: { map: string; size: string }[]) =>
    hostedSlot({ base: "0x10000", size, hva: "0x400000", backing }, "slots[0]", space, (segment, { map }, input) => ({
      ...segment,
      map,
      input,
    }));

  it("is one run behind the other", () => {
    const hosted = backed("12K", { map: "4K", size: "4K" }, { map: "2M", size: "8K" });
    expect(hosted).toEqual({
      startGfn: 16,
      endGfn: 19,
      hostFrame: 1024,
      host: [
        { startFrame: 1024, endFrame: 1025, level: 0, map: "4K", input: "slots[0].backing[0].map" },
        { startFrame: 1025, endFrame: 1027, level: 1, map: "2M", input: "slots[0].backing[1].map" },
      ],
    });
    expect([1024, 1025, 1026].map((frame) => segmentAt(hosted.host, frame).level)).toEqual([0, 1, 1]);
  });

  it("fills its slot, which lies in its space", () => {
    expect(() => backed("12K", { map: "4K", size: "8K" })).toThrow("slots[0].backing: has 8K; expected 12K");
    expect(() => backed("6K", { map: "4K", size: "8K" })).toThrow('slots[0].size "6K": not a whole number of pages');
    expect(() => backed("12K", { map: "4K", size: "1K" })).toThrow('slots[0].backing[0].size "1K": not a whole number');
    expect(backed("336K", { map: "4K", size: "336K" }).endGfn).toBe(100);
    expect(() => backed("340K", { map: "4K", size: "340K" })).toThrow("slots[0]: ends at 0x65000, beyond the space");
  });
});

/** Regions that tell what becomes of them. */
class Told extends Regions {
  readonly told: (readonly unknown[])[] = [];
  protected build(start: number, end: number): void {
    this.told.push(["build", start, end]);
  }
  protected finish(start: number, end: number): void {
    this.told.push(["finish", start, end]);
  }
  slot(range: FrameRange): void {
    this.windows(range, (start, end) => this.told.push(["work", start, end]));
  }
}

describe("memory by regions", () => {
  it("is built as a window needs it, and finished when no slot has a part in it any more", () => {
    const shares: number[] = [];
    const slots = [slot(5, 25), slot(25, 28)];
    const regions = new Told(slots, 10, false, (share) => shares.push(share));
    for (const one of slots) regions.slot(one);
    expect(regions.told).toEqual([
      ["build", 0, 10],
      ["work", 5, 10],
      ["finish", 0, 10],
      ["build", 10, 20],
      ["work", 10, 20],
      ["finish", 10, 20],
      ["build", 20, 30],
      ["work", 20, 25],
      ["work", 25, 28],
      ["finish", 20, 30],
    ]);
    expect(shares).toEqual([5 / 23, 15 / 23, 20 / 23, 1]);
    regions.finishAll();
    expect(regions.told).toHaveLength(10);
  });

  it("is built one region ahead where work may reach into it, if a slot has a part there", () => {
    const regions = new Told([slot(5, 20)], 10, true);
    regions.slot(slot(5, 20));
    expect(regions.told.slice(0, 3)).toEqual([
      ["build", 0, 10],
      ["build", 10, 20],
      ["work", 5, 10],
    ]);
    expect(regions.told.filter(([what]) => what === "build")).toHaveLength(2);
  });

  it("may be built as a whole, and is finished in address order", () => {
    const regions = new Told([slot(25, 35), slot(5, 8)], 10, false);
    regions.buildAll();
    regions.slot(slot(30, 31));
    regions.finishAll();
    expect(regions.told).toEqual([
      ["build", 0, 10],
      ["build", 20, 30],
      ["build", 30, 40],
      ["work", 30, 31],
      ["finish", 30, 40],
      ["finish", 0, 10],
      ["finish", 20, 30],
    ]);
  });

  it("is one region without end where the whole tree is kept", () => {
    const regions = new Told([slot(5, 8), slot(20, 25)], Number.POSITIVE_INFINITY, true);
    regions.slot(slot(5, 8));
    regions.slot(slot(20, 25));
    expect(regions.told).toEqual([
      ["build", 0, Number.POSITIVE_INFINITY],
      ["work", 5, 8],
      ["work", 20, 25],
      ["finish", 0, Number.POSITIVE_INFINITY],
    ]);
    const windows: number[][] = [];
    wholeSlot(slot(5, 8), (...window) => windows.push(window));
    expect(windows).toEqual([[5, 8]]);
  });
});

describe("words that are taken out of a bitmap", () => {
  it("have their first and last page, their bits, and both halves", () => {
    const bitmap = new DirtyBitmap(200);
    for (const page of [3, 31, 70, 127, 128, 163]) bitmap.set(page);
    const asked = new DirtyBitmap(200);
    asked.setRun(4, 100);
    asked.setRun(127, 40);
    const words = new TakenWords(bitmap, asked);
    const taken: number[][] = [];
    while (words.next()) taken.push([words.first, words.end, words.bits, words.low, words.high]);
    expect(taken).toEqual([
      [31, 32, 1, 2 ** 31, 0],
      [70, 128, 2, 2 ** 6, 2 ** 31],
      [128, 164, 2, 1, 2 ** 3],
    ]);
    expect([bitmap.count(), bitmap.set(3), words.next()]).toEqual([1, false, false]);
    const rest: number[][] = [];
    bitmap.take(null, (...word) => rest.push(word));
    expect([rest, bitmap.count()]).toEqual([[[3, 4, 1, 8, 0]], 0]);
  });
});

/** A flow whose tables are nothing but what was done to them. */
class TestFlow extends LoggedFlow<
  ConstructorParameters<typeof LoggedFlow>[0],
  ReturnType<typeof flowPages>,
  LoggedSlot,
  unknown
> {
  readonly done: unknown[] = [];
  protected readonly ioctl = { ioctls: 0, dirtyReturned: 0 };
  protected readonly mmu = {
    access: (vcpu: number, gfn: number, write: boolean) => void this.done.push([vcpu, write ? "w" : "r", gfn]),
  };

  /** The bits of all slots. */
  get dirty(): number {
    return this.dirtyBits;
  }
  protected begin(): void {
    this.ioctl.ioctls = this.ioctl.dirtyReturned = 0;
    this.done.length = 0;
  }
  protected enableSlot(one: LoggedSlot): void {
    this.done.push(["enable", one.layout.startGfn]);
  }
  protected takeDirty(one: LoggedSlot, asked: DirtyBitmap | null, clears: boolean): void {
    let bits = 0;
    one.bitmap!.take(asked, (_first, _end, count) => {
      bits += count;
    });
    this.done.push(["take", one.layout.startGfn, bits, clears]);
  }
  protected override disableSlot(one: LoggedSlot): void {
    this.done.push(["disable", one.layout.startGfn]);
  }
  protected guestOutcome(phase: string): unknown {
    return [phase, "guest", [...this.done]];
  }
  protected ioctlOutcome(phase: string): unknown {
    return [phase, { ...this.ioctl }, [...this.done]];
  }
}

function flow(manual: 0 | 1 | 3) {
  const input = { vcpus: 1, partitioned: true, pagesPerVcpu: 6, rule: "hash", seed: 1, manual, slots: [] } as const;
  const layouts = [slot(8, 12), slot(0, 4)];
  const layout = flowPages({ ...input, steps: [] }, layouts, 4096, 4096);
  return new TestFlow(
    input,
    layout,
    layouts.map((one) => new LoggedSlot(one)),
  );
}

const pass = { op: "guest", name: "pass", iteration: 1, writePercent: 100, order: "sequential" } as const;
const enable = { op: "enable", name: "enable" } as const;
const get = { op: "get", name: "get" } as const;
const clear = { op: "clear", name: "clear" } as const;

describe("a flow of dirty logging", () => {
  it("without manual protect enables tables slot by slot, and takes all that it returns", () => {
    const vm = flow(0);
    expect(vm.run(enable)).toEqual([
      [
        "enable",
        { ioctls: 2, dirtyReturned: 0 },
        [
          ["enable", 8],
          ["enable", 0],
        ],
      ],
    ]);
    expect([vm.slots[1]!.markDirty(3), vm.slots[1]!.markDirty(3), vm.slots[0]!.markDirty(8), vm.dirty]).toEqual([
      true,
      false,
      true,
      2,
    ]);
    expect(vm.run(get)).toEqual([
      [
        "get",
        { ioctls: 2, dirtyReturned: 2 },
        [
          ["take", 8, 1, false],
          ["take", 0, 1, false],
        ],
      ],
    ]);
    expect(() => vm.run(clear)).toThrow("step clear: clears without manual protect; expected manual 1 or 3");
  });

  it.each([
    [
      1,
      [
        ["enable", 8],
        ["enable", 0],
      ],
      0,
      false,
    ],
    [3, [], 8, true],
  ] as const)(
    "with manual protect %i clears what it got, and splits where all bits were set at first",
    (manual, done, dirty, splits) => {
      const vm = flow(manual);
      expect(vm.run(enable)).toEqual([["enable", { ioctls: 2, dirtyReturned: 0 }, done]]);
      expect(vm.dirty).toBe(dirty);
      vm.slots[0]!.markDirty(9);
      expect(vm.run(clear)).toEqual([
        [
          "clear",
          { ioctls: 2, dirtyReturned: 0 },
          [
            ["take", 8, 0, splits],
            ["take", 0, 0, splits],
          ],
        ],
      ]);
      const got = manual === 3 ? [4, 4] : [1, 0];
      expect(vm.run(get)).toEqual([["get", { ioctls: 2, dirtyReturned: got[0]! + got[1]! }, []]]);
      expect(vm.run(clear)).toEqual([
        [
          "clear",
          { ioctls: 2, dirtyReturned: 0 },
          [
            ["take", 8, got[0], splits],
            ["take", 0, got[1], splits],
          ],
        ],
      ]);
      vm.run(enable);
      expect(vm.slots.map(({ lastGot }) => lastGot)).toEqual([null, null]);
    },
  );

  it("clears a part of a slot as far as the slot reaches", () => {
    const vm = flow(3);
    vm.run(enable);
    const part: DirtyLogStep = {
      op: "clear_part",
      name: "part",
      slot: 1,
      firstPage: 1,
      numPages: 3,
      runs: [
        [0, 1],
        [2, 9],
      ],
    };
    expect(vm.run(part)).toEqual([["part", { ioctls: 1, dirtyReturned: 0 }, [["take", 0, 2, true]]]]);
    expect(vm.dirty).toBe(6);
  });

  it("has guests that touch every page once, and accesses one by one", () => {
    const vm = flow(0);
    expect(vm.run(pass)).toEqual([["pass", "guest", [0, 1, 2, 3, 8, 9].map((gfn) => [0, "w", gfn])]]);
    const access = (...accesses: (readonly [number, "r" | "w", number, number])[]): DirtyLogStep => ({
      op: "access",
      name: "some",
      accesses,
    });
    expect(vm.run(access([0, "r", 3, 2], [0, "w", 7, 1]))).toEqual([
      [
        "some",
        "guest",
        [
          [0, "r", 3],
          [0, "r", 8],
          [0, "w", 11],
        ],
      ],
    ]);
    for (const one of [
      [1, "r", 0, 1],
      [-1, "r", 0, 1],
      [0, "r", -1, 1],
      [0, "r", 7, 2],
    ] as const) {
      expect(() => vm.run(access(one))).toThrow(
        `some: access [${one.join(", ")}]: beyond the guest; expected its own pages`,
      );
    }
  });

  it("disables slot by slot, between the parts of a pass that runs meanwhile", () => {
    const vm = flow(0);
    vm.run(enable);
    const [r, ...more] = vm.run({ op: "disable", name: "disable", guests: pass });
    const done = [
      [0, "w", 0],
      [0, "w", 1],
      ["disable", 8],
      [0, "w", 2],
      [0, "w", 3],
      ["disable", 0],
      [0, "w", 8],
      [0, "w", 9],
    ];
    expect([r, more]).toEqual([["disable", { ioctls: 2, dirtyReturned: 0 }, done], [["pass", "guest", done]]]);
    expect([vm.dirty, vm.slots.map(({ logging }) => logging)]).toEqual([0, [false, false]]);
    expect(vm.run({ op: "disable", name: "again" })).toEqual([
      [
        "again",
        { ioctls: 2, dirtyReturned: 0 },
        [
          ["disable", 8],
          ["disable", 0],
        ],
      ],
    ]);
    expect(() => vm.run(get)).toThrow("step get: needs a dirty log; expected an enable step before it");
    expect(() => flow(3).run(clear)).toThrow("step clear: needs a dirty log; expected an enable step before it");
  });
});

it("counts without zeros lose the groups that have nothing else", () => {
  const counts = { a: 0, b: 1, c: { d: 0, e: { f: 0 } }, g: { h: 2, i: 0 }, j: null, k: "text", l: {} };
  expect(withoutZeros(counts)).toEqual({ b: 1, g: { h: 2 }, j: null, k: "text" });
});
