import { describe, expect, it } from "vitest";
import { findSelftestCommand, formatCommand, optionsOf, splitWords, withOption } from "./selftestCommand.js";

const of = (line: string) => optionsOf(findSelftestCommand(line)!);

describe("options of the selftest", () => {
  it("have the test's defaults", () => {
    expect(of("dirty_log_perf_test")).toEqual({
      modes: [],
      iterations: 2,
      manualProtect: true,
      memoryPerVcpuBytes: 2 ** 30,
      vcpus: 1,
      overlap: false,
      backing: "anonymous",
      memslots: 1,
      writePercent: 100,
      randomAccess: false,
      runWhileDisabling: false,
      nested: false,
      seed: 1,
      offset: null,
      pinning: null,
      eagerSplitChunkBytes: null,
      unknown: [],
    });
  });

  it("are read combined, attached and apart, the last one counting", () => {
    expect(
      of(
        "KVM_EAGER_SPLIT_CHUNK=0x200000 ./dirty_log_perf_test -m 6 -m3 -gaeb64m -v 4 -v 96 -x 2 -w 5 -s " +
          "anonymous_thp -p 0x1000 -c 1,2",
      ),
    ).toMatchObject({
      modes: [6, 3],
      manualProtect: false,
      randomAccess: true,
      runWhileDisabling: true,
      memoryPerVcpuBytes: 64 * 2 ** 20,
      vcpus: 96,
      memslots: 2,
      writePercent: 5,
      backing: "anonymous_thp",
      offset: "0x1000",
      pinning: "1,2",
      eagerSplitChunkBytes: 2 ** 21,
      unknown: [],
    });
  });

  it("that the test does not have, or values that are none, are named", () => {
    expect(of("dirty_log_perf_test -z -f 4 -v many --fast").unknown).toEqual(["-z", "--fast", "-f 4", "-v many"]);
  });
});

it("setting an option replaces every form of it and keeps the rest", () => {
  expect(withOption(["-gs", "shmem", "-b", "1G", "-sx"], "s", "anonymous")).toEqual([
    "-g",
    "-b",
    "1G",
    "-s",
    "anonymous",
  ]);
  expect(withOption(["-ga", "-b1G"], "g", "off")).toEqual(["-a", "-b", "1G"]);
  expect(withOption([], "g", "on")).toEqual(["-g"]);
});

it("a command is written as one would type it, and read again the same", () => {
  const line = "A='x y' ./dirty_log_perf_test -c 1,2";
  expect(formatCommand(findSelftestCommand(line)!)).toBe(line);
  expect(splitWords(`a "b c" 'd' e"f g"h`)).toEqual(["a", "b c", "d", "ef gh"]);
});
