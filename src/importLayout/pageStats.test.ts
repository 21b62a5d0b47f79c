import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { layoutOf } from "../mmu/arm64/layout.js";
import { parsePageStats, scenarioOfStats } from "./pageStats.js";

const wanted = { pages4k: 5120, pages2m: 30000, pages1g: 2 };

describe("KVM's page statistics", () => {
  it.each([
    [
      "debugfs",
      "/sys/kernel/debug/kvm/812-13/pages_1g:2\n/sys/kernel/debug/kvm/812-13/pages_2m:30000\n" +
        "/sys/kernel/debug/kvm/812-13/pages_4k:5120\n",
    ],
    [
      "QEMU's info stats vm",
      "provider: kvm\n    pages_1g: 2\n    pages_2m (instant): 30000\n    pages_4k: 5120\n    mmu_recycled " +
        "(cumulative): 7\n",
    ],
    ["binary statistics as text", "pages_4k 5120\npages_2m\t30000\npages_1g = 2\nremote_tlb_flush 12\n"],
    [
      "QMP's query-stats",
      JSON.stringify({
        return: [
          {
            provider: "kvm",
            stats: [
              { name: "pages_4k", value: 5120 },
              { name: "pages_2m", value: 30000 },
              { name: "pages_1g", value: 2 },
              { name: "remote_tlb_flush", value: 12 },
            ],
          },
        ],
      }),
    ],
  ])("are read from %s", (_, text) => {
    expect(parsePageStats(text, "stats")).toEqual(wanted);
  });

  it("make a guest of just so many leaves", () => {
    const layout = layoutOf(scenarioOfStats(wanted));
    const pages = (level: number) =>
      layout.slots[0]!.segments.filter((segment) => segment.level === level).reduce(
        (sum, segment) => sum + segment.endGfn - segment.startGfn,
        0,
      );
    expect([pages(1) / 262144, pages(2) / 512, pages(3)]).toEqual([2, 30000, 5120]);
  });

  it("make a scenario, largest leaves first, of those that there are", () => {
    expect(scenarioOfStats(wanted)).toEqual({
      granule: "4K",
      ipaBits: 40,
      memslots: [
        {
          base: "0x40000000",
          segments: [
            { map: "1G", size: "2G" },
            { map: "2M", size: "60000M" },
            { map: "4K", size: "20M" },
          ],
        },
      ],
      dirtyLog: { mode: "enable", chunk: "0" },
    });
    expect(scenarioOfStats({ pages4k: 0, pages2m: 3, pages1g: 0 }).memslots[0]!.segments).toEqual([
      { map: "2M", size: "6M" },
    ]);
  });

  it("take as many IPA bits as the memory above 1G needs", () => {
    const bits = (pages1g: number, pages4k = 0) => scenarioOfStats({ pages4k, pages2m: 0, pages1g }).ipaBits;
    expect([bits(1023), bits(1023, 1), bits(2 ** 14 - 1), bits(2 ** 14 - 1, 1), bits(2 ** 18 - 1)]).toEqual([
      ...[40, 44, 44, 48, 48],
    ]);
    expect(() => bits(2 ** 18 - 1, 1)).toThrow("beyond 48 IPA bits; expected less than 256T");
  });

  it.each([
    ["", /has none of pages_4k/],
    ["{", /not JSON/],
    ["pages_4k 0\npages_2m 0", /counts no page/],
    ["/1/pages_4k:1\n/2/pages_4k:2", /pages_4k twice; expected the statistics of one VM/],
    ['{"return":[{"stats":[{"name":"pages_4k","value":-1}]}]}', /pages_4k: is -1/],
  ])("are refused in one line where they are not those of a VM: %j", (text, message) => {
    const read = () => parsePageStats(text, "stats");
    expect(read).toThrow(UserError);
    expect(read).toThrow(message);
  });
});
