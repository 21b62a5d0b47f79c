import { describe, expect, it } from "vitest";
import { run, unwrapped } from "../testing/inProcess.js";
import { NIGHTLY } from "../testing/nightly.js";

const SWEEP = ["bench", "-s", "4k,thp", "-b", "4M", "--mode", "both", "--no-wall"];

async function printed(args: readonly string[], columns?: number): Promise<string> {
  const { code, stdout } = await run(args, columns === undefined ? {} : { columns, env: { NO_COLOR: "1" } });
  expect(code).toBe(0);
  return stdout;
}

/** The part after the last line that begins so. */
function linesAfter(text: string, beginning: string): string[] {
  const lines = text.split("\n");
  return lines.slice(lines.findLastIndex((line) => line.startsWith(beginning)) + 1);
}

describe("a case", () => {
  it("says in full below the table what a short verdict means", async () => {
    const text = await printed(["bench", "--scenario", "scenarios/fault-passed-over.json", "--no-wall"]);
    expect(text).toMatch(/^skip-return-rfc .* WRONG$/m);
    expect(text).toMatch(/^skip-new-table-naive .* wrong elsewhere$/m);
    expect(text).toContain("\nWRONG: skip-return-rfc: 1 block unsplit, first at 0x40200000\n");
    expect(text).toContain(
      "\nwrong elsewhere: right in this case, and known to be wrong in others:\n" +
        "  skip-new-table-naive: 1G block with a 2M chunk: the first 2M stays a block\n",
    );
  });

  it("names the command that searches for faults of a custom strategy on a line of its own", async () => {
    const text = await printed([
      "bench",
      "-s",
      "thp",
      "-b",
      "4M",
      "--strategy",
      "examples/first-idea.mjs",
      "--no-wall",
    ]);
    expect(text).toMatch(/^\S+ .* right here$/m);
    expect(text).toMatch(/; this does:\n {2}s2split verify --strategy examples\/first-idea\.mjs --random 5000\n/);
  });

  it("closes with all that tie, by name or by number, and with none that is known to be wrong", async () => {
    const closing = async (strategies: string) => {
      const text = await printed(["bench", "-s", "thp", "-b", "4M", "--no-wall", "--strategy", strategies]);
      return unwrapped(text).match(/^.* inspects? .*$/m)![0];
    };
    expect(await closing("max-level")).toMatch(/^max-level inspects 99\../);
    expect(await closing("max-level,skip-return-rfc,skip-level")).toMatch(/^max-level and skip-level inspect 99\../);
    expect(await closing("all")).toMatch(
      /^skip-return and five other right strategies inspect 99\.\d% fewer entries than /,
    );
  });

  it("puts wall times beside the counts where there is room, else into one table of their own", async () => {
    const args = ["bench", "-s", "thp", "-b", "4M", "--runs", "6"];
    const wide = await printed(args, 120);
    expect(wide).toMatch(/^strategy .* wall, split +result$/m);
    const narrow = await printed(args, 80);
    expect(narrow).toMatch(/^strategy +visitor calls +inspected +result$/m);
    expect(narrow).toMatch(/^wall time of this simulation, measured:\nstrategy +wall, split +wall, ioctl$/m);
  });
});

describe("a sweep", () => {
  it("ends with one matrix, strategy by case, of what is inspected against baseline, and who has the fewest", async () => {
    const text = await printed(SWEEP);
    const [, heading, ...rows] = linesAfter(text, "4 cases: entries inspected, split walk, change against baseline");
    expect(heading).toMatch(/^strategy +4k-4M enable +4k-4M clear +thp-4M enable +thp-4M clear$/);
    expect(rows[0]).toMatch(/^skip-return-rfc † +-99\.\d% +-9\d\.\d% +-99\.\d% +-9\d\.\d%$/);
    expect(rows.filter((row) => /^[a-z-]+ .*%/.test(row))).toHaveLength(8);
    expect(rows.slice(-4)).toEqual([
      "† wrong elsewhere: on other layouts, if not here.",
      "",
      "entries inspected, split walk: split-mark has the fewest in all 4 cases.",
      "",
    ]);
  });

  it("of more than three cases has short tables, and with --full each table whole", async () => {
    const short = await printed(SWEEP, 120);
    expect(short).toContain("--full prints every table whole.");
    expect(unwrapped(short)).toContain("4 cases: inspected, change against baseline, of the whole ioctl: ");
    expect(short).not.toMatch(/^whole ioctl: /m);
    const full = await printed([...SWEEP, "--full"], 120);
    expect(full.match(/^split-mark .* right$/gm)).toHaveLength(4);
    expect(full.match(/^whole ioctl: /gm)).toHaveLength(4);
    expect(full).not.toContain("--full");
    expect(await printed([...SWEEP, "--mode", "enable"])).not.toContain("--full");
  });

  // One run for all that follows: a 1G block and what is made of it takes a second.
  it("shares rows and tables only where figures and verdicts are the same, and keeps twelve cases short", async () => {
    const backings = NIGHTLY ? ["4k", "thp", "hugetlb-1g"] : ["hugetlb-1g"];
    const cases = ["-s", backings.join(), "-b", "1G", "--mode", "both", "--chunk", "2M,1G"];
    const text = await printed(["bench", ...cases, "--no-wall"], 120);
    expect(text.split("\n").length).toBeLessThanOrEqual(NIGHTLY ? 155 : 80);
    const rows = text.split("\n").filter((line) => /^\S.* (?:right|wrong elsewhere|WRONG)$/.test(line));
    const faulty = ["skip-return-rfc", "skip-new-table-naive"];
    for (const line of rows) {
      const names = line.split("  ")[0]!.replace(/,$/, "").split(", ");
      const isFaulty = / (?:wrong elsewhere|WRONG)$/.test(line);
      expect(new Set([isFaulty, ...names.map((name) => faulty.includes(name))]).size, line).toBe(1);
    }
    expect(rows).toContainEqual(expect.stringMatching(/^skip-return-rfc, skip-new-table-naive .* 512 .* WRONG$/));
    expect(rows).toContainEqual(expect.stringMatching(/^skip-return, page-block-flags, .* 513 .* right$/));
    expect(text.match(/^(?:4k|thp|hugetlb-1g)-1G: /gm)).toHaveLength(4 * backings.length);
    if (NIGHTLY) {
      expect(text).toMatch(/^thp-1G: clear .*chunk 2M.*\nthp-1G: clear .*chunk 1G.*\nThe same under every strategy: /m);
    }
    expect(text).toMatch(/^hugetlb-1g-1G: clear .*chunk 2M.*\nThe same under every strategy: /m);
  });

  it("has a matrix of wall times, with the baseline's own, where they were measured", async () => {
    const args = SWEEP.filter((arg) => arg !== "--no-wall");
    const rows = linesAfter(await printed([...args, "--runs", "6"], 120), "4 cases: wall time of this simulation");
    expect(rows[2]).toMatch(/^baseline(?: +[\d.]+ [mu]s ±[\d.]+%(?: !)?){4}$/);
    expect(rows[3]).toMatch(/^skip-return-rfc †(?: +(?:~|[-+][\d.]+%|=)){4}$/);
  });

  it("marks what is wrong in a case, and what does not apply", async () => {
    const scenarios = ["fault-left-in-new-table", "levels-1-and-2-mixed"].map((name) => `scenarios/${name}.json`);
    const text = await printed(["bench", "--no-wall", "--scenario", ...scenarios]);
    const rows = linesAfter(text, "2 cases: ");
    expect(rows.find((row) => row.startsWith("skip-new-table-naive †"))).toMatch(/% ✗ /);
    expect(rows.find((row) => row.startsWith("max-level"))).not.toContain("✗");
    expect(rows.join("\n")).toContain("✗ the result is wrong in this case; † wrong elsewhere");
    const zap = ["x86-zap-hello", "x86-split-2m"].map((name) => `scenarios/${name}.json`);
    const mixed = linesAfter(await printed(["bench", "--no-wall", "--scenario", ...zap]), "2 cases: loops");
    expect(mixed.find((row) => row.startsWith("skip-not-present "))).toMatch(/^skip-not-present +-96\.7%$/);
    expect(mixed.join("\n")).toContain("blank: does not apply");
  });

  it("turns the matrix where so many cases have no room side by side", async () => {
    const rows = linesAfter(
      await printed([...SWEEP, "--chunk", "2M,1G", "--strategy", "max-level,split-mark"], 60),
      "8 cases: ",
    );
    expect(rows.join("\n")).toMatch(/^case +max-level +split-mark\n4k-4M enable chunk 2M +-99/m);
  });

  it("has a matrix for each MMU that has several cases, and none where there is one", async () => {
    const both = await printed(["bench", "--mmu", "arm64,x86-tdp", "-s", "4k,thp", "-b", "4M", "--no-wall"]);
    expect(both.match(/^2 cases: .*$/gm)).toEqual([
      "2 cases: entries inspected, split walk, change against baseline",
      expect.stringMatching(/^2 cases: .*loops.*, change against baseline$/),
    ]);
    expect(both).toContain("No right strategy lowers ");
    expect(await printed(["bench", "-s", "thp", "-b", "4M", "--no-wall"])).not.toContain("cases");
  });
});

it("thousands have commas wherever people read them, and none where programs do", async () => {
  const args = ["bench", "-s", "thp", "-b", "64M", "--no-wall", "--strategy", "max-level"];
  const text = await printed([...args, "--long"]);
  expect(text).toMatch(/^baseline +16,416 +16,417 /m);
  expect(text.match(/^.*(?<![\d.,x])\d{4,}(?![\d,]).*$/gm)).toBeNull();
  for (const format of ["csv", "ndjson"]) {
    const { stdout } = await run([...args, `--export-${format}`, "-"]);
    expect(stdout).toMatch(/\b16417\b/);
    expect(stdout).not.toContain("16,417");
  }
});
