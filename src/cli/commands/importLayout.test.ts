import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, unwrapped } from "../../testing/inProcess.js";
import { ROOT, temporaryFolder } from "../../testing/temporaryFolder.js";

const ENE = join(ROOT, "src/testing/fixtures/stage2-dump/ene-2024-08.txt");

/** A folder as debugfs has one for each VM. */
function debugfs(): string {
  const folder = temporaryFolder();
  copyFileSync(ENE, join(folder, "stage2_page_tables"));
  writeFileSync(join(folder, "ipa_range"), "44\n");
  writeFileSync(join(folder, "stage2_levels"), "4\n");
  return folder;
}

describe("a VM's folder of debugfs", () => {
  it("becomes a scenario of its width, with notes on stderr only", async () => {
    const { code, stdout, stderr } = await run(["import-layout", debugfs(), "--memslot", "0x80000000:1G"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ipaBits: 44,
      granule: "4K",
      memslots: [
        {
          base: "0x80000000",
          segments: [
            { map: "2M", size: "26M" },
            { map: "hole", size: "998M" },
          ],
        },
      ],
    });
    expect(stderr).toMatch(/^note: .*no output addresses/m);
    expect(stderr).not.toMatch(/IPA width .* assumed/);
  });

  it("can be benched as it comes", async () => {
    const scenario = join(temporaryFolder(), "guest.json");
    const written = await run(["import-layout", debugfs(), "--memslot", "0x80000000:1G", "--output", scenario]);
    expect(written).toMatchObject({ code: 0, stdout: "" });
    const { code, stdout } = await run(["bench", "--scenario", scenario, "--no-wall", "--json"]);
    expect(code).toBe(0);
    // 13 blocks of 2M, as in the dump.
    expect(JSON.parse(stdout).scenarios[0].initial.leaves).toMatchObject({ 1: 0, 2: 13, 3: 0 });
  });
});

describe("the folder of debugfs that has all VMs", () => {
  const folderOf = (vms: readonly string[], dumps: boolean) => {
    const folder = temporaryFolder();
    for (const vm of vms) {
      mkdirSync(join(folder, vm));
      if (dumps) copyFileSync(ENE, join(folder, vm, "stage2_page_tables"));
    }
    writeFileSync(join(folder, "exits"), "0\n");
    return folder;
  };

  it("has its VMs listed, for the user to choose", async () => {
    const folder = folderOf(["1300-14", "87-11"], true);
    const { code, stderr } = await run(["import-layout", folder]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        `s2split: ${folder}: the folder of all VMs (PID-FD): 87-11, 1300-14; expected the folder of one: ` +
        `${folder}/87-11\n`,
    });
  });

  it("is told from a kernel that has no dumps", async () => {
    const { code, stderr } = await run(["import-layout", folderOf(["1300-14"], false)]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/VMs: 1, none with stage2_page_tables; expected an arm64 kernel from 6\.12 .*\n$/);
  });
});

it("guesses a memslot for each island of mapped memory, and bench repeats the guess", async () => {
  const scenario = join(temporaryFolder(), "guest.json");
  const { stderr } = await run(["import-layout", debugfs(), "--output", scenario]);
  expect(unwrapped(stderr)).toMatch(
    /^note: memslots guessed, one for each .*: 0x1020000:4K, 0x80000000:26M; .*--memslot$/m,
  );
  const { stdout } = await run(["bench", "--scenario", scenario, "--no-wall", "--strategy", "baseline"]);
  expect(unwrapped(stdout)).toMatch(
    /^Assumed: memslots guessed, 0x1020000:4K, 0x80000000:26M, one for each island .*--memslot/m,
  );
  const corrected = ["--memslot", "0x1020000,4K", "--memslot", "0x80000000:1G", "--output", scenario, "--force"];
  expect((await run(["import-layout", debugfs(), ...corrected])).stderr).not.toMatch(/guessed/);
  expect((await run(["bench", "--scenario", scenario, "--no-wall"])).stdout).not.toMatch(/guessed|Assumed/);
});

it("writes a scenario whose read-only leaves stay so in the simulation", async () => {
  const folder = temporaryFolder();
  const lines = [
    "---[ Guest IPA ]---",
    "0x0000000040000000-0x0000000040200000           2M 2   R   px ux  AF BLK",
    "0x0000000040200000-0x0000000040400000           2M 2   R W px ux  AF BLK",
  ];
  const scenario = join(folder, "guest.json");
  await run(["import-layout", "-", "--output", scenario], { stdin: `${lines.join("\n")}\n` });
  const { stdout } = await run(["bench", "--scenario", scenario, "--no-wall", "--json", "--strategy", "baseline"]);
  // One store: the writable block. The other one is write-protected already.
  expect(JSON.parse(stdout).runs[0].counts.writeProtect.pteStores).toBe(1);
});

it("reads a live process by --smaps, with nothing on stdout but the scenario", async () => {
  const { code, stdout, stderr } = await run(["import-layout", "--smaps", "/proc/self/smaps", "--min-size", "4K"]);
  expect(stderr).toMatch(/^note: smaps shows the VMM's own mapping/m);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).memslots.length).toBeGreaterThan(0);
});

it("does not overwrite a file without --force", async () => {
  const output = join(temporaryFolder(), "guest.json");
  writeFileSync(output, "mine");
  const refused = await run(["import-layout", ENE, "--output", output]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/is there already; expected another --output, or --force\n$/);
  expect(readFileSync(output, "utf8")).toBe("mine");
  expect((await run(["import-layout", ENE, "--output", output, "--force"])).code).toBe(0);
  expect(JSON.parse(readFileSync(output, "utf8")).granule).toBe("4K");
});

describe("wrong input ends with code 2, one line, and nothing written:", () => {
  it.each([
    ["no input", [], /nothing to read/],
    ["both inputs", [ENE, "--smaps", "x"], /a dump and --smaps/],
    ["a file that is not there", ["./nowhere"], /nowhere: no such file/],
    ["a folder without a dump", ["src"], /no stage2_page_tables/],
    ["another text", ["package.json"], /package.json: no range of a stage-2 dump/],
    ["a memslot that is none", [ENE, "--memslot", "1G"], /BASE:SIZE/],
    ["a memslot elsewhere", [ENE, "--memslot", "1T:1G"], /beyond the 40-bit IPA space/],
    ["a chunk that the granule does not have", [ENE, "--chunk", "3M"], /not a chunk size of the 4K granule/],
    ["a process without such memory", ["--smaps", "/proc/self/smaps", "--min-size", "100T"], /no writable anonymous/],
    ["an address in no mapping", ["--smaps", "/proc/self/smaps", "--vma", "0x1000"], /--vma 0x1000: in no mapping/],
  ])("%s", async (_, args, message) => {
    const output = join(temporaryFolder(), "out.json");
    const { code, stdout, stderr } = await run(["import-layout", ...args, "--output", output]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(existsSync(output)).toBe(false);
  });
});

const SMAPS = join(ROOT, "src/testing/fixtures/smaps/one-mapping.txt");

it.each(["0xf0007f9d6d400000", "f0007f9d6d400000", "0x1007f9d6d400000"])(
  "import-layout finds the mapping at %s, of a process with addresses of 57 bits",
  async (vma) => {
    const high = vma.replace(/^0x/, "").slice(0, -8);
    const stdin = readFileSync(SMAPS, "utf8").replaceAll("7f9d6d400000", `${high}6d400000`);
    const text = stdin.replace("7f9d8d400000", `${high}8d400000`);
    const { code, stderr } = await run(["import-layout", "--smaps", "-", "--vma", vma], { stdin: text });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`note: 0x${high}6d400000 512M anonymous: 256M in 2M`)]);
  },
);

describe("the scenario that import-layout makes", () => {
  const NOTES = [
    "note: granule 4K, by the sizes and levels of the ranges",
    "note: a dump has no output addresses: which host pages are mapped, and so their contiguity, is the simulator's choice",
  ];

  it("is of the dump with what was asked for, each memslot by base and size", async () => {
    const slots = ["--memslot", "0x80000000,26M", "--memslot", "0x1020000:4K"];
    const more = ["--ipa-bits", "48", "--name", "mine", "--mode", "clear", "--chunk", "2M", "--granule", "4K"];
    const { code, stdout, stderr } = await run(["import-layout", ENE, ...slots, ...more]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      name: "mine",
      description: expect.stringMatching(/^Leaves of a real host's stage-2 dump\. /),
      granule: "4K",
      ipaBits: 48,
      memslots: [
        { base: "0x1020000", segments: [{ map: "4K", size: "4K" }] },
        { base: "0x80000000", segments: [{ map: "2M", size: "26M" }] },
      ],
      dirtyLog: { mode: "clear", chunk: "2M" },
    });
    expect(stderr).toContain(`${NOTES[1]}\n`);
    expect(stderr).not.toContain(NOTES[0]);
    expect(stderr).toContain("note: dirty log mode clear, chunk 2M (--mode, --chunk)\n");
  });

  it("has the width beside the dump unless another is given, and enables with the largest chunk", async () => {
    const folder = debugfs();
    const one = ["import-layout", folder, "--memslot", "0x80000000:26M"];
    const beside = await run(one);
    expect(JSON.parse(beside.stdout)).toMatchObject({
      name: "imported stage-2 dump",
      ipaBits: 44,
      dirtyLog: { mode: "enable", chunk: "1G" },
    });
    expect(beside.stderr).toContain(`${NOTES[0]}\n`);
    // Four levels are those of 44 bits, and not of 36.
    expect(beside.stderr).not.toContain("stage2_levels says");
    writeFileSync(join(folder, "stage2_levels"), "3\n");
    expect((await run(one)).stderr).toContain("note: stage2_levels says 3, ");
    expect(JSON.parse((await run([...one, "--ipa-bits", "46"])).stdout).ipaBits).toBe(46);
    rmSync(join(folder, "ipa_range"));
    const assumed = await run(one);
    expect([JSON.parse(assumed.stdout).ipaBits, assumed.stderr.includes("IPA width 40 assumed")]).toEqual([40, true]);
  });

  it("is of smaps with its mappings and the seed of where they go", async () => {
    const args = ["import-layout", "--smaps", "-", "--placement", "spread", "--min-size", "512M", "--chunk", "0"];
    const stdin = readFileSync(SMAPS, "utf8");
    const made = async (...more: string[]) => run([...args, ...more], { stdin });
    const one = await made("--seed", "5");
    expect(one.code).toBe(0);
    expect(one.stderr).toContain("huge pages, base pages and holes are mixed by seed 5, not as on the host\n");
    expect(JSON.parse(one.stdout)).toMatchObject({ dirtyLog: { mode: "enable", chunk: "0" } });
    expect((await made("--seed", "5")).stdout).toBe(one.stdout);
    expect((await made("--seed", "6")).stdout).not.toBe(one.stdout);
    expect((await made()).stdout).toBe((await made("--seed", "1")).stdout);
    expect((await made("--placement", "runs")).stderr).not.toContain("by seed");
    expect((await made("--min-size", "513M")).code).toBe(2);
    expect((await made("--memslot", "0:1G")).stderr).toBe(
      "s2split: --memslot: not for --smaps, which has no guest addresses; expected --vma ADDRESS\n",
    );
    expect((await run([...args.slice(0, 3), "--vma", "7f9d6d400"], { stdin })).stderr).toMatch(/^s2split: --vma /);
  });
});

it("names of many VMs the first twenty, by their process", async () => {
  const folder = temporaryFolder();
  for (let vm = 20; vm >= 1; vm--) {
    mkdirSync(join(folder, `${vm}-7`));
    copyFileSync(ENE, join(folder, `${vm}-7`, "stage2_page_tables"));
  }
  mkdirSync(join(folder, "99-9"));
  const listed = Array.from({ length: 20 }, (_, i) => `${i + 1}-7`).join(", ");
  expect((await run(["import-layout", folder])).stderr).toBe(
    `s2split: ${folder}: the folder of all VMs (PID-FD): ${listed}; expected the folder of one: ${folder}/1-7\n`,
  );
});
