import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unwrapped } from "../testing/inProcess.js";
import { ROOT, s2split, temporaryFolder } from "./cli.js";

const LOGS = join(ROOT, "src/testing/fixtures/dirty-log-perf-test");

/** A measured result of some of the real logs, each with its command. */
async function measuredFile(folder: string, names: readonly string[]): Promise<string> {
  const index = JSON.parse(readFileSync(join(LOGS, "index.json"), "utf8")) as Record<string, { command: string }>;
  const logs = names.map((name) => {
    const path = join(folder, name);
    writeFileSync(path, `$ ${index[name]!.command}\n${readFileSync(join(LOGS, name), "utf8")}`);
    return path;
  });
  const output = join(folder, "measured.json");
  const { code, stderr } = await s2split(["import", ...logs, "--output", output]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return output;
}

const SOME = [
  "dlpt_64M_anon_chunk2M_g.txt",
  "dlpt_64M_anon_chunk2M_manual.txt",
  "dlpt_64M_anon_off_g.txt",
  "dlpt_64M_anon_off_manual.txt",
  "dlpt_64M_anon_thp_chunk2M_g.txt",
  "dlpt_64M_anon_thp_chunk2M_manual.txt",
  "dlpt_64M_anon_thp_off_g.txt",
];

describe("s2split validate", () => {
  it("sets the model beside every published series and marks what was fitted", async () => {
    const { code, stdout, stderr } = await s2split(["validate"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const author of ["2026-05-15", "2026-06-10", "2026-06-18", "2023-01-13", "2024-10-23"]) {
      expect(stdout).toContain(author);
    }
    expect(stdout).toMatch(/enable {2}4K +-97\.33% +none +-97\.3\d% .*fitted/);
    expect(stdout).toMatch(/clear +4K +-38\.98% +1\.91 +-39\.0\d% +-0\.\d+ points +yes +judged/);
    expect(stdout).toMatch(/^ +152 +110 ms +96\.\d ms +-12\.\d% +fitted +15\.1 ms/m);
    expect(stdout).toContain("A description, without explanation");
    expect(stdout).toContain("Every count is equal.");
  });

  it("has the RFC within 3 points in its JSON", async () => {
    const { stdout } = await s2split(["validate", "--json"]);
    const result = JSON.parse(stdout);
    expect(result.kind).toBe("s2split-validation");
    const [rfc] = result.split;
    expect(rfc.profile).toBe("model-rfc");
    expect(rfc.rows.map((row: { errorPoints: number }) => Math.abs(row.errorPoints) <= 3)).toEqual([true, true, true]);
  });

  it("refuses an unknown profile and one of another MMU with one line", async () => {
    for (const [profile, message] of [
      ["thunderx3", /^s2split: cost profile "thunderx3": unknown.*thunderx2/],
      ["x86-tdp", /^s2split: --profile x86-tdp: prices x86-tdp; expected a profile of arm64\n$/],
      ["none.json", /^s2split: none.json: no such file; expected a cost profile/],
    ] as const) {
      const { code, stdout, stderr } = await s2split(["validate", "--profile", profile]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(message);
    }
  });
});

describe("s2split calibrate", () => {
  it("fits a profile to real logs, which validate and advise then take", async () => {
    const folder = temporaryFolder();
    const measured = await measuredFile(folder, SOME);
    const profile = join(folder, "box.json");
    const fitted = await s2split(["calibrate", measured, "--output", profile, "--name", "emulated"]);
    expect({ code: fitted.code, stderr: fitted.stderr }).toEqual({ code: 0, stderr: "" });
    expect(fitted.stdout).toMatch(/Profile emulated, fitted to \d+ measured phases/);
    expect(fitted.stdout).toContain("Root mean square error");
    const written = JSON.parse(readFileSync(profile, "utf8"));
    expect(written).toMatchObject({ kind: "s2split-cost-profile", name: "emulated", mmu: "arm64" });
    // A fault under emulation takes tens of microseconds in every log.
    expect(written.costs.fault.ns).toBeGreaterThan(10_000);
    expect(written.costs.fault.ns).toBeLessThan(200_000);

    const beside = await s2split(["validate", measured, "--profile", profile, "--json"]);
    expect(beside.code).toBe(0);
    const { rows } = JSON.parse(beside.stdout).measured;
    const dirty = rows.filter((row: { label: string }) => row.label.endsWith("dirty 2"));
    expect(dirty.length).toBe(SOME.length);
    for (const row of dirty) expect(Math.abs(row.errorPercent), row.label).toBeLessThan(50);

    const advice = await s2split(["advise", "--backing", "thp", "--profile", profile]);
    expect(advice.code).toBe(0);
    expect(advice.stdout).toContain("modelled with profile emulated");
  });

  it("does not write over a file, and writes nothing when it fails", async () => {
    const folder = temporaryFolder();
    const there = join(folder, "there.json");
    writeFileSync(there, "mine");
    const measured = await measuredFile(folder, SOME.slice(0, 1));
    const refused = await s2split(["calibrate", measured, "--output", there]);
    expect(refused.code).toBe(2);
    expect(readFileSync(there, "utf8")).toBe("mine");
  });

  it("names what it cannot use", async () => {
    const folder = temporaryFolder();
    const log = join(folder, "log.txt");
    writeFileSync(log, readFileSync(join(LOGS, SOME[0]!), "utf8"));
    const measured = join(folder, "m.json");
    await s2split(["import", log, "--output", measured]);
    const { code, stderr } = await s2split(["calibrate", measured]);
    expect(code).toBe(2);
    expect(stderr).toContain("its command is not known");
    expect(stderr).toContain("nothing to fit to");
  });

  it("leaves out runs of several vCPUs with -w, and counts those of one as all writes", async () => {
    const folder = temporaryFolder();
    const log = (name: string, command: string) => {
      const path = join(folder, name);
      writeFileSync(path, `$ ${command}\n${readFileSync(join(LOGS, "dlpt_64M_anon_off_g.txt"), "utf8")}`);
      return path;
    };
    const one = "dirty_log_perf_test -m 6 -b 64M -g -w 30";
    const measured = join(folder, "m.json");
    // Cut in half, two vCPUs have the memory that the log names.
    const logs = [log("one.txt", one), log("two.txt", "dirty_log_perf_test -m 6 -v 2 -b 32M -g -w 30")];
    expect((await s2split(["import", ...logs, "--output", measured])).code).toBe(0);
    for (const args of [
      ["calibrate", measured],
      ["validate", measured],
    ]) {
      const { code, stdout } = await s2split(args);
      expect(code).toBe(0);
      expect(unwrapped(stdout)).toMatch(
        /"dirty_log_perf_test [^"]*-v 2[^"]*" left out: with -w and several vCPUs, .*vCPU 0 writes every/,
      );
      expect(unwrapped(stdout)).toContain(
        `-w had no effect (${one}): the guest of the real test in Linux 7.3 never gets the seed`,
      );
      expect(stdout).not.toContain("-b 32M -v 2");
    }
  });

  it("refuses an unknown cost and a result of another kind with one line", async () => {
    const folder = temporaryFolder();
    const other = join(folder, "other.json");
    writeFileSync(other, "{}");
    const unknown = await s2split(["calibrate", other, "--costs", "splitVist"]);
    expect(unknown.stderr).toMatch(/^s2split: cost "splitVist": unknown.*did you mean "splitVisit"/);
    const kind = await s2split(["calibrate", other]);
    expect(kind.code).toBe(2);
    expect(kind.stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("s2split advise", () => {
  it("recommends, gives the reason and the QEMU option, and labels modelled times", async () => {
    const args = ["advise", "--backing", "thp", "--memory", "64G", "--vcpus", "32", "--write-percent", "20"];
    const { code, stdout, stderr } = await s2split(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("modelled with profile ampereone");
    expect(stdout.match(/^ +2M .*<- recommended$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^chunk +1st clear +lock hold +guest stall/m);
    expect(stdout).toContain("QEMU: -accel kvm,eager-split-size=2M");
    expect(stdout).toMatch(/saves [\d,]+ guest faults and 32,768 broadcast TLBIs/);
    expect(stdout).toMatch(
      /start, a GiB +1st clear, a GiB +lock held, a GiB +guest stall +a page first written +re-dirtied/,
    );
    expect(stdout).toMatch(/A pKVM host does not offer eager splitting/);
  });

  it("says to leave it off for memory in pages", async () => {
    const { stdout } = await s2split(["advise", "--backing", "4k", "--memory", "16G", "--mode", "clear"]);
    expect(stdout.replace(/\s+/g, " ")).toContain("leave eager splitting off. The memory is mapped in pages already");
    expect(stdout).toContain("eager-split-size=0 (its default)");
  });

  it("keeps to --max-lock-hold", async () => {
    const args = ["advise", "--backing", "hugetlb-1g", "--memory", "8G", "-w", "10", "--mode", "clear", "--json"];
    const free = JSON.parse((await s2split(args)).stdout);
    const tight = JSON.parse((await s2split([...args, "--max-lock-hold", "200us"])).stdout);
    const hold = (advice: typeof free, chunk: string) =>
      advice.rows.find((row: { chunk: string }) => row.chunk === chunk);
    expect(hold(free, "1G").withinLockHold).toBe(true);
    expect(hold(tight, "1G").withinLockHold).toBe(false);
    expect(tight.recommendations[0].chunk).toBe("2M");
    expect(tight.recommendations[0].qemu).toBe("-accel kvm,eager-split-size=2M");
  });

  it("marks what a strategy splits wrongly, and says nothing of its guest, in text and in JSON", async () => {
    const args = ["advise", "--strategy", "skip-return-rfc", "--backing", "hugetlb-1g", "--memory", "1G"];
    const { stdout } = await s2split([...args, "--mode", "enable"]);
    expect(stdout).toMatch(/^ +2M .* 512 +- +- +- {2}WRONG: 1 block unsplit, first at\n +0x40000000$/m);
    expect(stdout).toMatch(/^ +1G .*<- recommended$/m);
    expect(stdout).toContain("Not to choose from: chunk 2M, which skip-return-rfc splits WRONG");
    expect(stdout).toContain("130,815 guest faults and 1 broadcast TLBI of vCPUs");
    const { rows } = JSON.parse((await s2split([...args, "--mode", "enable", "--json"])).stdout);
    expect(rows[1]).toMatchObject({ chunk: "2M", guest: null, totalNs: null, findings: [{ code: "unsplit-block" }] });
    expect(rows[2]).toMatchObject({ chunk: "1G", guest: { faults: 131329 }, findings: [] });
  });

  it("takes the lock of another kernel, a share in percent, and a limit of the guest's stall", async () => {
    const args = [
      "advise",
      "-s",
      "thp",
      "-b",
      "1G",
      "--thp-coverage",
      "70%",
      "--profile",
      "upton-2022",
      "--mode",
      "clear",
    ];
    const { code, stdout } = await s2split([...args, "--fault-lock", "6.1", "--max-guest-stall", "1ms", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).request).toMatchObject({ lock: "rwlock", maxGuestStallNs: 1e6 });
    expect(JSON.parse(stdout).guest.text).toBe("thp, 70% covered");
  });

  it("takes KVM's statistics of a VM as counts of leaves", async () => {
    const file = join(temporaryFolder(), "stats.txt");
    writeFileSync(file, "/sys/kernel/debug/kvm/1-2/pages_2m:512\n/sys/kernel/debug/kvm/1-2/pages_4k:1024\n");
    const { code, stdout } = await s2split(["advise", "--stats", file, "--mode", "clear", "--json"]);
    expect(code).toBe(0);
    const { guest, rows } = JSON.parse(stdout);
    expect(guest.bytes).toBe(2 ** 30 + 2 ** 22);
    expect(rows.find((row: { chunk: string }) => row.chunk === "2M").ioctlTlbis).toBe(512);
  });

  it("says what KVM and QEMU do with a chunk that the granule does not have", async () => {
    const { code, stderr } = await s2split(["advise", "-s", "thp", "--chunk", "64K"]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'EINVAL, and QEMU\'s eager-split-size stops with "Eager Page Split requested chunk size not valid"',
    );
    expect(stderr).toContain("expected 4K or 2M or 1G");
  });

  it("takes a scenario file", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "guest.json");
    const segments = [
      { map: "4K", size: "512M" },
      { map: "2M", size: "512M" },
    ];
    const memslots = [{ base: "0x40000000", segments }];
    const scenario = { name: "half", granule: "4K", ipaBits: 40, memslots, dirtyLog: { mode: "enable", chunk: "2M" } };
    writeFileSync(file, JSON.stringify(scenario));
    const { code, stdout } = await s2split(["advise", "--scenario", file]);
    expect(code).toBe(0);
    expect(stdout).toContain("half: 1G, 4K granule");
  });

  it("refuses what makes no guest with one line and exit code 2", async () => {
    for (const args of [
      [],
      ["--backing", "floppy"],
      ["--backing", "thp", "--memory", "1.5G"],
      ["--backing", "thp", "--memory", "1000"],
      ["--backing", "thp", "--memory", "512T"],
      ["--backing", "thp", "--chunk", "4M"],
      ["--backing", "thp", "--max-lock-hold", "5"],
      ["--backing", "thp", "--strategy", "baselin"],
      ["--backing", "thp", "--scenario", "x.json"],
      ["--scenario", "missing.json"],
      ["--backing", "thp", "--fault-lock", "mutex"],
      ["--backing", "thp", "--max-guest-stall", "5"],
      ["--backing", "thp", "--thp-coverage", "170%"],
      ["--stats", "missing.txt"],
      ["--stats", "missing.txt", "--backing", "thp"],
    ]) {
      const { code, stdout, stderr } = await s2split(["advise", ...args]);
      expect({ code, stdout }, args.join(" ")).toEqual({ code: 2, stdout: "" });
      expect(stderr, args.join(" ")).toMatch(/^s2split: [^\n]+\n$/);
    }
  });
});

describe("s2split list profiles", () => {
  it("shows every figure with unit, kind and source with --long", async () => {
    const { code, stdout } = await s2split(["list", "profiles", "--long"], { env: { COLUMNS: "400" } });
    expect(code).toBe(0);
    for (const name of ["model-rfc", "ampereone", "thunderx2", "kunpeng920", "altra-2022", "upton-2022", "x86-tdp"]) {
      expect(stdout).toContain(`${name}: `);
    }
    expect(stdout).toMatch(/83,000 +ns per TLBI +derived/);
    expect(stdout).toContain("parallel (kernel 6.2 and later): serial 178.8, broadcast 1238");
    expect(stdout).toContain("on the assumed scale of splitVisit");
  });
});
