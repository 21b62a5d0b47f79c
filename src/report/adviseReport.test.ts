import { describe, expect, it } from "vitest";
import { type Advice, type AdviceRequest, TRIED_PERCENTS } from "../advise/advise.js";
import type { Reason, Recommendation } from "../advise/recommend.js";
import type { AdviceRow } from "../advise/row.js";
import { profileNamed } from "../cost/profiles.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { adviceJson, adviseText } from "./adviseReport.js";
import { recommendation } from "./adviseWords.js";
import { advisePage } from "./html/advisePage.js";

const named = (id: string) => strategies.find((one) => one.id === id)!;
const request: AdviceRequest = {
  guest: { kind: "uniform", granule: "4K", map: "2M", bytes: 2 ** 30 },
  modes: ["enable", "clear"],
  chunks: ["2M"],
  strategies: [named("baseline")],
  profile: profileNamed("ampereone"),
  vcpus: 4,
  writePercent: 30,
  maxLockHoldNs: 1e6,
  maxGuestStallNs: 2e6,
  lock: "parallel",
  clearPerRegion: true,
  seed: 1,
};
const wrong = [{ code: "unsplit-block", count: 511, data: { ipa: "0x40200000", level: 2, bytes: 1071644672 } }];
const row = (more: Partial<AdviceRow> = {}): AdviceRow => ({
  mode: "enable",
  chunk: "0",
  strategy: "baseline",
  enableNs: 1e6,
  firstClearNs: null,
  longestHold: { visits: 10, ns: 5e5 },
  longestStretch: { visits: 7, ns: 4e5 },
  lockedNsPerGiB: 123456,
  cachePages: 0,
  cacheBytes: 0,
  ioctlTlbis: 1234,
  findings: [],
  guest: { faults: 262144, tlbis: 512, writes: 78643, elapsedNs: 5e7, vcpuNs: 2e8, sampled: false },
  stall: { longestNs: 3e6, progress: 0.9, slowdown: 1.1, holds: 4 },
  totalNs: 2e8,
  withinLockHold: true,
  withinGuestStall: false,
  scaled: false,
  sampled: null,
  ...more,
});
const eager = row({
  chunk: "2M",
  enableNs: 9e6,
  longestHold: { visits: 20, ns: 2e6 },
  cachePages: 1,
  cacheBytes: 4096,
  guest: { faults: 100, tlbis: 0, writes: 0, elapsedNs: 1e7, vcpuNs: 4e7, sampled: true },
  stall: null,
  totalNs: 5e7,
  withinLockHold: false,
  sampled: { regions: 6, of: 1024, errorPercent: 1.234 },
});
const costsLess = { code: "eager-costs-less", offNs: 2e8, eagerNs: 5e7, faultsSaved: 1, tlbisSaved: 512 } as const;
const advise = (reason: Reason, more: Partial<Recommendation> = {}): Recommendation => ({
  mode: "enable",
  strategy: "baseline",
  chunk: "2M",
  reason,
  changes: [],
  ...more,
});
const advice: Advice = {
  rows: [row(), eager],
  recommendations: [advise(costsLess)],
  redirtyNs: 800,
  profile: "ampereone",
  restsOnAssumptions: true,
  unpriced: [{ counter: "x", label: "a count", count: 12345 }] as unknown as Advice["unpriced"],
  guestBytes: 2 ** 31,
};
const none = new Map<Recommendation, readonly number[]>();

it("the heading says what was asked, limits only where there are some", () => {
  expect(marked(adviseText(request, "a guest", colourStyle()).heading)).toBe(
    "<bold>a guest: 1G, 4K granule</>\n" +
      "4 vCPUs, 30% of accesses are writes; lock hold at most 1.00 ms; guest stall at most 2.00 ms. Times are modelled with\n" +
      "  profile ampereone; all else is counted.\n\n",
  );
  const plain = { ...request, vcpus: 1, maxLockHoldNs: null, maxGuestStallNs: null };
  expect(adviseText(plain, "a guest", colourStyle()).heading.replace(/\n +/g, " ").split("\n")[1]).toBe(
    "1 vCPU, 30% of accesses are writes. Times are modelled with profile ampereone; all else is counted.",
  );
});

it("a mode of one strategy has a row a choice, the one to take marked, and what breaks a limit", () => {
  expect(
    marked(adviseText(request, "a guest", colourStyle()).mode(advice, none)),
  ).toBe(`                                                                       <bold>TLBIs,</>    <bold>guest</>      <bold>1st</>
<bold>chunk</>    <bold>enable</>  <bold>lock hold</>  <bold>guest stall</>  <bold>stretch</>  <bold>cache</>  <bold>TLBIs, ioctl</>   <bold>guest</>   <bold>faults</>     <bold>pass</>
  off   1.00 ms     500 us    <yellow>3.00 ms !</>   400 us      0         1,234     512  262,144  50.0 ms
   2M  ~9.00 ms  <yellow>2.00 ms !</>            -   400 us     4K        ~1,234       0     ~100  10.0 ms  <green><- recommended</>
<bold>enable mode (no manual protect): split eagerly, chunk 2M.</> It saves 1 guest fault and 512 broadcast TLBIs of vCPUs:
  ioctls and all vCPUs' first pass cost 50.0 ms in place of 200 ms.
  On the same memory the answer is the same for 1 to 512 vCPUs.
  The guest's first pass takes 10.0 ms in place of 50.0 ms on each of 4 vCPUs.

`);
});

it("a mode of several strategies names them, and a wrong row says so in place of its guest", () => {
  const broken = { ...eager, strategy: "skip", findings: wrong, guest: null, totalNs: null, sampled: null };
  const clear = [row({ mode: "clear", firstClearNs: 7e6 }), { ...broken, mode: "clear", firstClearNs: 8e6 } as const];
  const one = advise({ code: "no-eager", wrong: 1 }, { mode: "clear", strategy: "skip", chunk: "0" });
  const several = { ...request, strategies: [named("baseline"), named("skip-return-rfc")] };
  const told = { ...advice, rows: clear, recommendations: [one] };
  expect(
    marked(adviseText(several, "a guest", colourStyle(160)).mode(told, new Map([[one, [10, 20, 30]]]))),
  ).toBe(`                     <bold>1st</>                 <bold>guest</>                  <bold>TLBIs,</>  <bold>TLBIs,</>    <bold>guest</>      <bold>1st</>
<bold>strategy</>  <bold>chunk</>    <bold>clear</>  <bold>lock hold</>      <bold>stall</>  <bold>stretch</>  <bold>cache</>   <bold>ioctl</>   <bold>guest</>   <bold>faults</>     <bold>pass</>
baseline    off  7.00 ms     500 us  <yellow>3.00 ms !</>   400 us      0   1,234     512  262,144  50.0 ms
skip         2M  8.00 ms  <yellow>2.00 ms !</>          -   400 us     4K   1,234       -        -        -  <red>WRONG: 511 blocks unsplit, first at 0x40200000</>
<bold>skip, clear mode (manual protect, initially-all-set; QEMU's): leave eager splitting off.</> No chunk that was compared is
  split right.
<red>  Not to choose from: chunk 2M, which skip splits WRONG (see above).</>
  Eager splitting costs less in all at write percentages 10, 20, 30 (tried: 1, 2, 5, 10 to 100; given: 30).
  On the same memory the answer is the same for 1 to 512 vCPUs.
  QEMU: -accel kvm,eager-split-size=0 (its default)

`);
});

it("the end has prices a unit and all that a reader must know", () => {
  const end = adviseText(request, "a guest", colourStyle()).end;
  expect(
    marked(end({ ...advice, rows: [...advice.rows, row({ mode: "clear", firstClearNs: 7e6, chunk: "1G" })] })),
  ).toBe(`<bold>Per unit (modelled)</>
                  <bold>start, a GiB</>  <bold>1st clear, a GiB</>  <bold>lock held, a GiB</>  <bold>guest stall</>  <bold>a page first written</>  <bold>re-dirtied</>
enable, off             500 us                 -            123 us      3.00 ms               2.54 us      800 ns
enable, chunk 2M       4.50 ms                 -            123 us            -                     -      800 ns

enable, 1st clear: what the VMM waits for in the ioctl. 1st pass: what the guest's vCPUs lose to faults while every page
  is accessed once, after enabling (enable mode) or the first clear (clear mode); each vCPU's time, all at once.
TLBIs are broadcasts: by the ioctl's thread, and by vCPUs that fault. cache: memory for tables, topped up before each
  chunk.
lock hold: the longest from taking mmu_lock, or retaking it after a top-up of the page cache, to the next such drop or
  the release. stretch: the longest between points where the kernel drops it if a reschedule is due (before a chunk;
  between write-protect steps); a lazy clear has no such point.
guest stall: the longest that one fault waits for mmu_lock while the ioctl runs and all vCPUs fault (simulated; the
  kernel does not drop the lock early). Faults take the lock as Linux 6.2 and later does (parallel).
clear: one KVM_CLEAR_DIRTY_LOG for each GiB, as QEMU does; --clear-size slot for one for each memslot.
With manual protect starting costs nothing, and the work comes with the first clear. With the dirty ring there is no
  clear and QEMU sets no manual protect: the enable rows hold. A pKVM host does not offer eager splitting (since 7.3):
  off is all it has.
~ estimated: 6 of 1,024 regions of 1 GiB were simulated, and stand for all; times of ioctls are within 1.2% of the whole
  guest's (95%).
~ estimated: the draws of reads and writes were made for a part of the memory and taken to be alike elsewhere.
<yellow>Modelled times rest on assumed figures of ampereone (s2split list profiles --long); calibrate a profile for your
  machine.</>
Counted, but ampereone has no cost for: a count (12,345).
`);
});

it("the end says nothing of what is not so", () => {
  const scenario = {
    granule: "4K",
    ipaBits: 40,
    memslots: [
      {
        base: "0x40000000",
        segments: [
          { map: "hole", size: "1G" },
          { map: "2M", size: "1G" },
        ],
      },
    ],
    dirtyLog: { mode: "enable", chunk: "1G" },
  } as unknown as Arm64Scenario;
  const other = {
    ...request,
    clearPerRegion: false,
    guest: { kind: "scenario", scenario },
    strategies: [{ ...named("baseline"), knownFaults: ["one", "two"] }],
  } as const;
  const rows = [row({ scaled: true, stall: null, guest: null }), row({ strategy: "skip", stall: null, chunk: "2M" })];
  const told = { ...advice, rows, restsOnAssumptions: false, unpriced: [], recommendations: [] };
  expect(marked(adviseText(other, "a guest", colourStyle()).end(told))).toBe(`<bold>Per unit (modelled)</>
                       <bold>start, a GiB</>  <bold>1st clear, a GiB</>  <bold>lock held, a GiB</>  <bold>guest stall</>  <bold>a page first written</>  <bold>re-dirtied</>
baseline, enable, off        500 us                 -            123 us            -                     -      800 ns

enable, 1st clear: what the VMM waits for in the ioctl. 1st pass: what the guest's vCPUs lose to faults while every page
  is accessed once, after enabling (enable mode) or the first clear (clear mode); each vCPU's time, all at once.
TLBIs are broadcasts: by the ioctl's thread, and by vCPUs that fault. cache: memory for tables, topped up before each
  chunk.
lock hold: the longest from taking mmu_lock, or retaking it after a top-up of the page cache, to the next such drop or
  the release. stretch: the longest between points where the kernel drops it if a reschedule is due (before a chunk;
  between write-protect steps); a lazy clear has no such point.
guest stall: the longest that one fault waits for mmu_lock while the ioctl runs and all vCPUs fault (simulated; the
  kernel does not drop the lock early). Here nothing faults.
clear: one KVM_CLEAR_DIRTY_LOG for each memslot, as dirty_log_perf_test does.
With manual protect starting costs nothing, and the work comes with the first clear. With the dirty ring there is no
  clear and QEMU sets no manual protect: the enable rows hold. A pKVM host does not offer eager splitting (since 7.3):
  off is all it has.
Holes are not accessed.
<yellow>baseline has known faults: one; two</>
Counts are exact: 3 GiB were simulated; the third adds just what the second did, and so does each further one.
`);
  const lazy = { ...other, profile: profileNamed("thunderx2"), lock: "spinlock" } as const;
  expect(adviseText(lazy, "a guest", colourStyle()).end(told).replace(/\n +/g, " ")).toContain(
    "Profile thunderx2 has no figures of faults under lock spinlock: vCPUs that wait for each other are not in the " +
      "1st pass either.",
  );
});

describe("a recommendation", () => {
  const lines = (one: Recommendation, more: Partial<Advice> = {}, wins?: readonly number[], of = request) =>
    marked(recommendation(one, { ...advice, ...more }, of, wins, colourStyle())).split("\n");

  it.each<[Reason, string]>([
    [{ code: "nothing-to-split", costNs: 0 }, "The memory is mapped in pages already: there is nothing to split."],
    [
      { code: "nothing-to-split", costNs: 5e6 },
      "The memory is mapped in pages already: eager splitting would find nothing to split and walk it for 5.00 ms.",
    ],
    [
      { code: "off-costs-less", offNs: 1e6, eagerNs: 2e6, faultsSaved: 0 },
      "It would save no fault, and move the work into the ioctl: 2.00 ms in all against 1.00 ms.",
    ],
    [
      { code: "off-costs-less", offNs: 1e6, eagerNs: 2e6, faultsSaved: 1 },
      "It would save 1 fault, and cost more in all: 2.00 ms against 1.00 ms.",
    ],
    [{ code: "no-eager", wrong: 0 }, "No chunk was given to compare it with."],
    [{ code: "no-eager", wrong: 1 }, "No chunk that was compared is split right."],
    [
      { code: "eager-costs-less", offNs: 2e6, eagerNs: 1e6, faultsSaved: 2000, tlbisSaved: 1 },
      "It saves 2,000 guest faults and 1 broadcast TLBI of vCPUs: ioctls and all vCPUs' first pass cost 1.00 ms in " +
        "place of 2.00 ms.",
    ],
    [
      { code: "eager-holds-too-long", holdNs: 3e6, stallNs: null, chunk: "1G" },
      "Chunk 1G would cost less in all, but holds mmu_lock for 3.00 ms: longer than allowed.",
    ],
    [
      { code: "eager-holds-too-long", holdNs: 3e6, stallNs: 4e6, chunk: "1G" },
      "Chunk 1G would cost less in all, but holds mmu_lock for 3.00 ms, and stalls the guest for 4.00 ms: longer than " +
        "allowed.",
    ],
    [
      { code: "only-within-hold", off: row(), chosen: eager },
      "Off holds mmu_lock for 500 us (guest stall 3.00 ms), longer than allowed; this for 2.00 ms. It does not cost " +
        "less in all.",
    ],
    [
      { code: "none-within-hold", least: row() },
      "Every choice holds mmu_lock longer than allowed; the shortest is 500 us with eager splitting off. " +
        "Write-protecting a whole memslot is one hold, whatever the chunk.",
    ],
    [
      { code: "none-within-hold", least: eager },
      "Every choice holds mmu_lock longer than allowed; the shortest is 2.00 ms with chunk 2M. Write-protecting a " +
        "whole memslot is one hold, whatever the chunk.",
    ],
    [
      { code: "not-priced" },
      "The profile has no cost for something that decides it (see below): take another, or calibrate one.",
    ],
  ])("gives its reason: %j", (reason, words) => {
    expect(lines(advise(reason, { chunk: null }), {}, undefined, { ...request, vcpus: 1 })).toEqual([
      `<bold>enable mode (no manual protect): no recommendation.</> ${words}`,
    ]);
  });

  it("in clear mode speaks of no write-protecting, and gives QEMU's option", () => {
    const clear = (chunk: string | null) =>
      lines(advise({ code: "none-within-hold", least: row() }, { mode: "clear", chunk }));
    expect(clear("2M")).toEqual([
      "<bold>clear mode (manual protect, initially-all-set; QEMU's): split eagerly, chunk 2M.</> Every choice holds mmu_lock longer than allowed; the shortest is 500 us with eager splitting off.",
      "  On the same memory the answer is the same for 1 to 512 vCPUs.",
      "  QEMU: -accel kvm,eager-split-size=2M",
    ]);
    expect(clear("0")).toEqual([
      "<bold>clear mode (manual protect, initially-all-set; QEMU's): leave eager splitting off.</> Every choice holds mmu_lock longer than allowed; the shortest is 500 us with eager splitting off.",
      "  On the same memory the answer is the same for 1 to 512 vCPUs.",
      "  QEMU: -accel kvm,eager-split-size=0 (its default)",
    ]);
    expect(clear(null)).toEqual([
      "<bold>clear mode (manual protect, initially-all-set; QEMU's): no recommendation.</> Every choice holds mmu_lock longer than allowed; the shortest is 500 us with eager splitting off.",
    ]);
  });

  it("names what changes it, and says how far vCPUs were tried where it never comes back", () => {
    const changed = (...chunks: (string | null)[]) =>
      lines(
        advise({ code: "not-priced" }, { changes: chunks.map((chunk, i) => ({ fromVcpus: 8 * (i + 1), chunk })) }),
      )[1]!;
    expect(changed()).toBe("  On the same memory the answer is the same for 1 to 512 vCPUs.");
    expect(changed("0", "2M", null)).toBe(
      "  For the same memory with other vCPUs: from 8 vCPUs off, from 16 vCPUs 2M, from 24 vCPUs none.",
    );
    expect(changed("0")).toBe("  For the same memory with other vCPUs: from 8 vCPUs off (tried up to 512).");
  });

  it("says at which write percentages splitting pays", () => {
    const at = (...wins: number[]) => lines(advise({ code: "not-priced" }), {}, wins)[1]!.trim();
    const tried = "tried: 1, 2, 5, 10 to 100";
    expect(at()).toBe(`Off costs less in all at every write percentage (${tried}).`);
    expect(at(...TRIED_PERCENTS)).toBe(`Eager splitting costs less in all at every write percentage (${tried}).`);
    const share = (range: string) =>
      `Eager splitting costs less in all at write percentages ${range} (${tried}; given: 30).`;
    expect(at(5)).toBe(share("5"));
    expect(at(5, 10)).toBe(share("5 to 10"));
    expect(at(1, 5)).toBe(share("1, 5"));
    expect(at(2, 5, 10)).toBe(share("2 to 10"));
  });

  it("says what each of several vCPUs saves, and which chunks are wrong", () => {
    expect(lines(advise(costsLess)).at(-1)).toBe(
      "  The guest's first pass takes 10.0 ms in place of 50.0 ms on each of 4 vCPUs.",
    );
    expect(lines(advise(costsLess), {}, undefined, { ...request, vcpus: 1 }).join()).not.toContain("first pass takes");
    const rows = [row(), eager, { ...eager, chunk: "4K", findings: wrong }, { ...eager, chunk: "1G", findings: wrong }];
    const found = lines(advise({ code: "none-within-hold", least: row() }, { chunk: "0" }), { rows });
    expect(found[0]).toContain("leave eager splitting off.</> Every right choice holds");
    expect(found[1]).toBe("<red>  Not to choose from: chunk 4K, 1G, which baseline splits WRONG (see above).</>");
  });
});

it("as JSON an advice has what was asked, its rows, and QEMU's options", () => {
  const clear = advise(costsLess, { mode: "clear" });
  const nothing = advise(costsLess, { mode: "clear", chunk: null });
  const told = { ...advice, rows: [], recommendations: [advise(costsLess), clear, nothing] };
  expect(adviceJson(told, request, "a guest")).toEqual({
    schemaVersion: 1,
    kind: "s2split-advice",
    guest: { text: "a guest", bytes: 2147483648, granule: "4K" },
    request: {
      vcpus: 4,
      writePercent: 30,
      maxLockHoldNs: 1000000,
      maxGuestStallNs: 2000000,
      lock: "parallel",
      clearSize: "1G",
      seed: 1,
    },
    profile: "ampereone",
    restsOnAssumptions: true,
    unpriced: [{ counter: "x", label: "a count", count: 12345 }],
    redirtyNs: 800,
    rows: [],
    recommendations: [
      {
        mode: "enable",
        strategy: "baseline",
        chunk: "2M",
        reason: { code: "eager-costs-less", offNs: 200000000, eagerNs: 50000000, faultsSaved: 1, tlbisSaved: 512 },
        changes: [],
        qemu: null,
      },
      {
        mode: "clear",
        strategy: "baseline",
        chunk: "2M",
        reason: { code: "eager-costs-less", offNs: 200000000, eagerNs: 50000000, faultsSaved: 1, tlbisSaved: 512 },
        changes: [],
        qemu: "-accel kvm,eager-split-size=2M",
      },
      {
        mode: "clear",
        strategy: "baseline",
        chunk: null,
        reason: { code: "eager-costs-less", offNs: 200000000, eagerNs: 50000000, faultsSaved: 1, tlbisSaved: 512 },
        changes: [],
        qemu: null,
      },
    ],
  });
  expect(adviceJson(told, { ...request, clearPerRegion: false }, "a guest")).toMatchObject({
    request: { clearSize: "slot" },
  });
});

it("the page of an advice has a group a mode: costs over the share of writes, holds, and what was counted", async () => {
  const broken = { ...eager, chunk: "1G", findings: wrong, guest: null, totalNs: null, withinLockHold: true };
  const rows = [row(), eager, broken, row({ mode: "clear", firstClearNs: 7e6 })];
  const small = { ...request, guest: { ...request.guest, bytes: 2 ** 24 } } as AdviceRequest;
  const off = advise({ code: "not-priced" }, { mode: "clear", chunk: "0" });
  const page = await advisePage({ ...advice, rows, recommendations: [advise(costsLess), off] }, small, "a guest");
  const { groups, ...rest } = page;
  expect(rest).toEqual({
    title: "Eager splitting: a guest",
    lead: "What it costs to split eagerly, with which chunk and in which mode, and who pays: the ioctl that userspace waits for, or the guest.",
    facts: [
      { name: "vCPUs", value: "4" },
      { name: "Writes", value: "30% of accesses" },
      { name: "Profile", value: "ampereone" },
    ],
    notes: [
      "Times are modelled with profile ampereone; all else is counted.",
      "Some figures of the profile are assumptions: s2split list profiles tells which.",
    ],
  });
  expect(groups.map(({ sections, ...group }) => ({ ...group, sections: sections.map(({ title }) => title) }))).toEqual([
    {
      title: "Enable mode (no manual protect)",
      lead: "split eagerly, with chunk 2M.",
      alarms: ["chunk 1G: 511 blocks unsplit, first at 0x40200000"],
      sections: ["What each choice costs, over the share of writes", "How long the lock is held", "At 30% writes"],
    },
    {
      title: "Clear mode (manual protect, initially-all-set)",
      lead: "leave eager splitting off.",
      alarms: [],
      sections: ["What each choice costs, over the share of writes", "How long the lock is held", "At 30% writes"],
    },
  ]);
  const [costs, holds, counts] = groups[0]!.sections;
  const { figures, table, ...told } = costs!;
  expect(told).toEqual({
    title: "What each choice costs, over the share of writes",
    see: "The lower the whole stack, the less a choice costs; splitting eagerly moves cost from the guest (top) to the ioctl (below), and the dashed line is the share that was asked for.",
    unit: "modelled nanoseconds",
    kind: "modelled",
    key: [
      { label: "enabling the log (ioctl)", mark: "p0", shape: "box" },
      { label: "first clear (ioctl)", mark: "p1", shape: "box" },
      { label: "first pass of all vCPUs (guest)", mark: "p2", shape: "box" },
    ],
  });
  expect(figures!.map(({ title }) => title)).toEqual(["off", "chunk 2M"]);
  expect([table!.columns, table!.rows.length]).toEqual([
    [
      { heading: "choice", figure: false },
      ...[
        "writes",
        "enabling the log (ioctl)",
        "first clear (ioctl)",
        "first pass of all vCPUs (guest)",
        "together",
      ].map((heading) => ({ heading, figure: true })),
    ],
    2 * 12,
  ]);
  expect([table!.rows[0], table!.rows[12 + 3]]).toEqual([
    [
      "off",
      { value: 1, text: "1%" },
      { value: 1000000, text: "1.00 ms" },
      { value: 0, text: "0" },
      { value: 7398493.147217803, text: "7.40 ms" },
      { value: 8398493.147217803, text: "8.40 ms" },
    ],
    [
      "chunk 2M",
      { value: 20, text: "20%" },
      { value: 9000000, text: "9.00 ms" },
      { value: 0, text: "0" },
      { value: 2396107.45440271, text: "2.40 ms" },
      { value: 11396107.45440271, text: "11.4 ms" },
    ],
  ]);
  const { figures: _, ...hold } = holds!;
  expect(hold).toEqual({
    title: "How long the lock is held",
    see: "A vCPU that faults meanwhile may wait for as long as a hold; the dashed line is the limit, 1.00 ms.",
    unit: "modelled nanoseconds, log scale",
    kind: "modelled",
    key: [
      { label: "longest hold of mmu_lock", mark: "p0", shape: 0 },
      { label: "longest stretch without a chance to be preempted", mark: "p1", shape: 1 },
    ],
    table: {
      columns: [
        { heading: "choice", figure: false },
        { heading: "longest hold", figure: true },
        { heading: "visits in it", figure: true },
        { heading: "longest stretch", figure: true },
        { heading: "visits in it", figure: true },
        { heading: "held for each GiB", figure: true },
        { heading: "limit", figure: false },
      ],
      rows: [
        [
          "off",
          { value: 500000, text: "500 us" },
          10,
          { value: 400000, text: "400 us" },
          7,
          { value: 123456, text: "123 us" },
          "kept",
        ],
        [
          "chunk 2M",
          { value: 2000000, text: "2.00 ms" },
          20,
          { value: 400000, text: "400 us" },
          7,
          { value: 123456, text: "123 us" },
          "broken",
        ],
        [
          "chunk 1G",
          { value: 2000000, text: "2.00 ms" },
          20,
          { value: 400000, text: "400 us" },
          7,
          { value: 123456, text: "123 us" },
          "kept",
        ],
      ],
    },
  });
  expect(counts).toEqual({
    title: "At 30% writes",
    see: "What was asked for, choice by choice.",
    unit: "modelled nanoseconds; the rest is counted",
    kind: "modelled",
    open: true,
    table: {
      columns: [
        { heading: "choice", figure: false },
        { heading: "enable", figure: true },
        { heading: "first clear", figure: true },
        { heading: "first pass", figure: true },
        { heading: "all together", figure: true },
        { heading: "TLBIs, ioctl", figure: true },
        { heading: "TLBIs, guest", figure: true },
        { heading: "guest faults", figure: true },
        { heading: "page cache, pages", figure: true },
      ],
      rows: [
        [
          "off",
          { value: 1000000, text: "1.00 ms" },
          null,
          { value: 50000000, text: "50.0 ms" },
          { value: 200000000, text: "200 ms" },
          1234,
          512,
          262144,
          0,
        ],
        [
          "chunk 2M",
          { value: 9000000, text: "9.00 ms" },
          null,
          { value: 10000000, text: "10.0 ms" },
          { value: 50000000, text: "50.0 ms" },
          1234,
          0,
          100,
          1,
        ],
        ["chunk 1G", { value: 9000000, text: "9.00 ms" }, null, null, null, 1234, null, null, 1],
      ],
    },
  });
});

it("the page of an advice without a limit, of several strategies, says so", async () => {
  const guest = { ...request.guest, bytes: 2 ** 24 };
  const several = {
    ...request,
    guest,
    maxLockHoldNs: null,
    modes: ["enable"],
    strategies: [named("baseline"), named("skip-return")],
  };
  const none = advise({ code: "not-priced" }, { chunk: null });
  const told = { ...advice, rows: [row()], recommendations: [none, advise(costsLess)], restsOnAssumptions: false };
  const { groups, notes } = await advisePage(told, several as AdviceRequest, "a guest");
  expect(notes).toEqual(["Times are modelled with profile ampereone; all else is counted."]);
  expect(groups[0]!.lead).toBe("baseline: no recommendation. baseline: split eagerly, with chunk 2M.");
  expect(groups[0]!.sections[1]!.see).toBe("A vCPU that faults meanwhile may wait for as long as a hold.");
  expect(groups[0]!.sections[1]!.table!.rows[0]!.at(-1)).toBe("none");
  expect(groups[0]!.sections[1]!.table!.rows[0]![0]).toBe("baseline, off");
});
