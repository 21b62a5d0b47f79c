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
