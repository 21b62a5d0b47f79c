import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";
import { runWatched } from "../../testing/watched.js";

describe("s2split advise", () => {
  it("recommends, gives the reason and the QEMU option, and labels modelled times", async () => {
    const args = ["advise", "--backing", "thp", "--memory", "64G", "--vcpus", "32", "--write-percent", "20"];
    const { code, stdout, stderr } = await run(args);
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
    const { stdout } = await run(["advise", "--backing", "4k", "--memory", "16G", "--mode", "clear"]);
    expect(stdout.replace(/\s+/g, " ")).toContain("leave eager splitting off. The memory is mapped in pages already");
    expect(stdout).toContain("eager-split-size=0 (its default)");
  });

  it("keeps to --max-lock-hold", async () => {
    const args = ["advise", "--backing", "hugetlb-1g", "--memory", "8G", "-w", "10", "--mode", "clear", "--json"];
    const free = JSON.parse((await run(args)).stdout);
    const tight = JSON.parse((await run([...args, "--max-lock-hold", "200us"])).stdout);
    const hold = (advice: typeof free, chunk: string) =>
      advice.rows.find((row: { chunk: string }) => row.chunk === chunk);
    expect(hold(free, "1G").withinLockHold).toBe(true);
    expect(hold(tight, "1G").withinLockHold).toBe(false);
    expect(tight.recommendations[0].chunk).toBe("2M");
    expect(tight.recommendations[0].qemu).toBe("-accel kvm,eager-split-size=2M");
  });

  it("marks what a strategy splits wrongly, and says nothing of its guest, in text and in JSON", async () => {
    const args = ["advise", "--strategy", "skip-return-rfc", "--backing", "hugetlb-1g", "--memory", "1G"];
    const { stdout } = await run([...args, "--mode", "enable"]);
    expect(stdout).toMatch(/^ +2M .* 512 +- +- +- {2}WRONG: 1 block unsplit, first at\n +0x40000000$/m);
    expect(stdout).toMatch(/^ +1G .*<- recommended$/m);
    expect(stdout).toContain("Not to choose from: chunk 2M, which skip-return-rfc splits WRONG");
    expect(stdout).toContain("130,815 guest faults and 1 broadcast TLBI of vCPUs");
    const { rows } = JSON.parse((await run([...args, "--mode", "enable", "--json"])).stdout);
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
    const { code, stdout } = await run([...args, "--fault-lock", "6.1", "--max-guest-stall", "1ms", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).request).toMatchObject({ lock: "rwlock", maxGuestStallNs: 1e6 });
    expect(JSON.parse(stdout).guest.text).toBe("thp, 70% covered");
  });

  it("takes KVM's statistics of a VM as counts of leaves", async () => {
    const file = join(temporaryFolder(), "stats.txt");
    writeFileSync(file, "/sys/kernel/debug/kvm/1-2/pages_2m:512\n/sys/kernel/debug/kvm/1-2/pages_4k:1024\n");
    const { code, stdout } = await run(["advise", "--stats", file, "--mode", "clear", "--json"]);
    expect(code).toBe(0);
    const { guest, rows } = JSON.parse(stdout);
    expect(guest.bytes).toBe(2 ** 30 + 2 ** 22);
    expect(rows.find((row: { chunk: string }) => row.chunk === "2M").ioctlTlbis).toBe(512);
  });

  it("says what KVM and QEMU do with a chunk that the granule does not have", async () => {
    const { code, stderr } = await run(["advise", "-s", "thp", "--chunk", "64K"]);
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
    const { code, stdout } = await run(["advise", "--scenario", file]);
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
      const { code, stdout, stderr } = await run(["advise", ...args]);
      expect({ code, stdout }, args.join(" ")).toEqual({ code: 2, stdout: "" });
      expect(stderr, args.join(" ")).toMatch(/^s2split: [^\n]+\n$/);
    }
  });
});

describe("what advise is asked and answers", () => {
  const SMALL = ["advise", "-s", "thp", "-b", "4M"];
  const jsonOf = async (...args: string[]) => JSON.parse((await run([...args, "--json"])).stdout);
  const rowsOf = (advice: { rows: { mode: string; strategy: string; chunk: string }[] }) =>
    advice.rows.map(({ mode, strategy, chunk }) => `${mode} ${strategy} ${chunk}`);

  it("has defaults: one vCPU, half writes, both modes, baseline, and every chunk of the granule", async () => {
    const advice = await jsonOf(...SMALL);
    expect(advice).toMatchObject({
      kind: "s2split-advice",
      guest: { text: "thp", bytes: 4194304, granule: "4K" },
      profile: "ampereone",
    });
    expect(advice.request).toEqual({
      vcpus: 1,
      writePercent: 50,
      maxLockHoldNs: null,
      maxGuestStallNs: null,
      lock: "parallel",
      clearSize: "1G",
      seed: 1,
    });
    const chunks = ["0", "2M", "1G"];
    expect(rowsOf(advice)).toEqual(
      ["enable", "clear"].flatMap((mode) => chunks.map((one) => `${mode} baseline ${one}`)),
    );
    const large = await jsonOf("advise", "-s", "thp", "-b", "32M", "--granule", "16K", "--mode", "clear");
    expect(rowsOf(large)).toEqual(["clear baseline 0", "clear baseline 32M"]);
  });

  it("is what is given", async () => {
    const limits = ["--max-lock-hold", "5ms", "--max-guest-stall", "1us", "--fault-lock", "6.1"];
    const more = ["--vcpus", "2", "--write-percent", "30", "--clear-size", "slot", "--seed", "3", "--chunk", "0,2048K"];
    const advice = await jsonOf(
      ...[...SMALL, ...limits, ...more, "--mode", "clear", "--thp-coverage", "0.5"],
      ...["--profile", "upton-2022", "--strategy", "max-level,skip-level"],
    );
    expect(advice.guest).toEqual({ text: "thp, 50% covered", bytes: 4194304, granule: "4K" });
    expect(advice.profile).toBe("upton-2022");
    expect(advice.request).toEqual({
      vcpus: 2,
      writePercent: 30,
      maxLockHoldNs: 5e6,
      maxGuestStallNs: 1000,
      lock: "rwlock",
      clearSize: "slot",
      seed: 3,
    });
    expect([...new Set(rowsOf(advice))].sort()).toEqual([
      "clear max-level 0",
      "clear max-level 2M",
      "clear skip-level 0",
      "clear skip-level 2M",
    ]);
  });

  it("is of a gigabyte where no size is given, of pages of any size, and of a scenario by its name", async () => {
    const few = ["--mode", "enable", "--chunk", "0"];
    expect((await jsonOf("advise", "-s", "hugetlb-1g", ...few)).guest).toEqual({
      text: "hugetlb-1g",
      bytes: 2 ** 30,
      granule: "4K",
    });
    expect((await jsonOf("advise", "-s", "4k", "-b", "4K", ...few)).guest).toMatchObject({ text: "4k", bytes: 4096 });
    expect((await jsonOf("advise", "-s", "thp", "-b", "4M", "--thp-coverage", "1", ...few)).guest.text).toBe("thp");
    const mixed = await jsonOf("advise", "-s", "mixed", "-b", "8M", ...few);
    expect(mixed.guest).toEqual({ text: "mixed", bytes: 2 ** 23, granule: "4K" });
    expect((await jsonOf("advise", "--scenario", "fault-passed-over", ...few)).guest).toEqual({
      text: "fault-passed-over",
      bytes: 2 ** 21 + 8192,
      granule: "4K",
    });
    const stats = join(temporaryFolder(), "stats.txt");
    writeFileSync(stats, "pages_1g:0\npages_2m:2\npages_4k:512\n");
    expect((await jsonOf("advise", "--stats", stats, ...few)).guest).toEqual({
      text: `leaves of ${stats}: 0 of 1G, 2 of 2M, 512 of 4K`,
      bytes: 6 * 2 ** 20,
      granule: "4K",
    });
  });

  it("is told mode by mode, with what would turn it round, and drawn below", async () => {
    const { code, stdout, stderr } = await run(SMALL);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^thp: 4M, 4K granule\n1 vCPU, 50% of accesses are writes\. [\s\S]*\nenable mode [\s\S]*\nclear mode [\s\S]*\nPer unit /,
    );
    const units = stdout.slice(stdout.indexOf("\nPer unit ")).matchAll(/^((?:enable|clear), (?:off|chunk \w+)) {2}/gm);
    expect([...units].map(([, row]) => row)).toEqual([
      "enable, off",
      "enable, chunk 2M",
      "clear, off",
      "clear, chunk 2M",
    ]);
    expect(stdout).toContain(
      "  Eager splitting costs less in all at write percentages 1 to 85 (tried: 1, 2, 5, 10 to 100; given: 50).\n",
    );
    const plot = await run([...SMALL, "--plot"]);
    expect(plot.stdout.slice(0, stdout.length + 1)).toBe(`${stdout}\n`);
    expect(plot.stdout.length).toBeGreaterThan(stdout.length + 100);
  });

  it("says from which share of writes on it would be the other way round, where lazy splitting costs less", async () => {
    const { stdout } = await run([...SMALL, "--mode", "enable", "-w", "100"]);
    expect(stdout).toContain(
      "  Eager splitting costs less in all at write percentages 1 to 85 (tried: 1, 2, 5, 10 to 100; given: 100).\n",
    );
  });

  it("weighs the strategies apart: what one of them costs does not answer for another", async () => {
    const wins = (text: string) => text.match(/at write percentages [^(]*\(/g);
    const [one, other] = [
      await run([...SMALL, "--mode", "enable"]),
      await run([...SMALL, "--mode", "enable", "--strategy", "max-level"]),
    ];
    const both = await run([...SMALL, "--mode", "enable", "--strategy", "baseline,max-level"]);
    expect(wins(both.stdout)).toEqual([...wins(one.stdout)!, ...wins(other.stdout)!]);
  });

  it("is told to a terminal while it is worked out, and is a page where one is asked for", async () => {
    const page = join(temporaryFolder(), "page.html");
    const args = [...SMALL, "--mode", "enable", "--chunk", "0,2M", "--export-html", page];
    const { progress } = await runWatched(args);
    expect(progress.length).toBeGreaterThan(0);
    expect(progress[0]).toMatch(/^ {2}0% {2}/);
    expect(progress.every((line) => /^ *\d{1,2}% {2}\S/.test(line))).toBe(true);
    const html = readFileSync(page, "utf8");
    expect(html).toContain("ampereone");
    expect((await runWatched([...args, "--json"])).progress).toEqual(progress);
    expect(readFileSync(page, "utf8")).toBe(html);
  });
});
