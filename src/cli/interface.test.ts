import { describe, expect, it } from "vitest";
import { memoryIo } from "../testing/inProcess.js";
import { toy } from "../testing/toyMmu.js";
import { Invocation } from "./io.js";
import { buildProgram } from "./program.js";

/** The program with all its commands. */
async function everything() {
  const invocation: Invocation = new Invocation(memoryIo().io, () => buildProgram([], invocation, true));
  return invocation.everything();
}

const GUEST =
  "--mmu <list>; --scenario <files...>; --seed <n>=1; -s, --backing <list>; -b, --memory <size>; " +
  "-x, --memslots <n>; --base <address>; --thp-coverage <share>; -g; " +
  "--mode <mode>:enable|clear|both; --chunk <list>; --bbm <level>:2; --dsb <list>; " +
  "--tlbi-range <on>:on|off; --clear-range <list>; --granule <size>:4K|16K|64K; --ipa-bits <n>; " +
  "--target <size>:4k|2m; --pml <on|off>:on|off; --eager <on|off>:on|off; --resched-every <n>; " +
  "--maxphyaddr <bits>; --root-level <level>:4|5; " +
  "--alias <pattern>:none|one-gfn|few|one-per-page|every-gfn|roles; " +
  "--gstage <mode>:sv39x4|sv48x4|sv57x4; --workload <what>:split|enable|clear|zap";
const EXPORTS =
  "--json; --export-json <file>; --export-csv <file>; --export-markdown <file>; " +
  "--export-html <file>; --export-ndjson <file>; --export-bmf <file>; " +
  "--export-github-benchmark <file>";
const GATE =
  "--max-increase <percent>=0; --wall-threshold <percent>; --alpha <p>=0.05; --allow-missing; " + "--any-environment";

/**
 * What stands on the command line, in the order of help: `:` choices, `=` what holds where it is
 * not given, `!` must be given.
 */
const COMMANDS: readonly (readonly [name: string, words: string])[] = [
  [
    "bench",
    `${GUEST}; --strategy <list>; --runs <n>; --time <seconds>; --no-wall; --shard <i/n>; ` +
      `--jobs <n>; -q, --quiet; --full; --long; --plot; --strict; --baseline <file>; ${EXPORTS}; ` +
      `${GATE}`,
  ],
  [
    "verify",
    `${GUEST}; --strategy <list>; --random <n>; --exhaustive; --bound <bound>:small|medium|large; ` +
      "--shard <i/n>; --jobs <n>; --export-json <file>; --save <file>; --force; --json; --interleave; " +
      "--actions <n>; --dirty-tracking <how>:faults|hardware; --export-html <file>",
  ],
  [
    "trace",
    `${GUEST}; --export-html <file>; --strategy <name>; --against <name>; --phase <name>; ` +
      "--limit <n>; --json; --format <name>",
  ],
  ["reproduce", `[scenario]; ${GUEST}; --strategy <list>; --output <file>=reproduce.c; --force`],
  [
    "run",
    "-b <size>=1G; -v <n>=1; -x <n>=1; -i <n>=2; -w <percent>=100; -a; -o; -g; " +
      "-s <backing>=anonymous; -e; -r <seed>=1; -p <offset>; -m <mode>; --chunk <list>; " +
      "--strategy <list>; --granule <size>:4K|16K|64K=4K; --ipa-bits <n>=40; --thp-coverage <share>=1; " +
      "--rule <name>:hash|lehmer=hash; --bbm <level>:2; --mmu <id>; --profile <name|file>; " +
      "--fault-lock <lock>; --scenario <file>; --json; --export-json <file>; --export-html <file>; " +
      "--plot; --digest; --eager <on|off>:on|off; --resched-every <n>; " +
      "--gstage <mode>:sv39x4|sv48x4|sv57x4; --svvptc <on|off>:on|off",
  ],
  [
    "advise",
    "-s, --backing <name>; -b, --memory <size>; --scenario <file>; --stats <file>; " +
      "--granule <size>:4K|16K|64K=4K; --thp-coverage <share>=1; -v, --vcpus <n>=1; " +
      "-w, --write-percent <n>=50; --max-lock-hold <duration>; --max-guest-stall <duration>; " +
      "--fault-lock <lock>=parallel; --profile <name|file>=ampereone; --strategy <list>; " +
      "--mode <mode>:enable|clear|both=both; --chunk <list>; --clear-size <size>:1G|slot=1G; " +
      "--seed <n>=1; --json; --export-html <file>; --plot",
  ],
  [
    "validate",
    "[results...]; --profile <name|file>; --table <file>; --leave-out <name>; --json; " +
      "--export-html <file>; --plot",
  ],
  [
    "measure",
    "<command...>; --runs <n>=10; --warmup <n>=1; --vary <option=values>; --env <name=value>; " +
      "--eager-split-chunk <list>; --timeout <seconds>=600; --output <file>=s2split-measurement.json; " +
      "--force",
  ],
  ["import", "<logs...>; --command <line>; --output <file>; --force; --json"],
  [
    "calibrate",
    "<results...>; --output <file>; --name <name>=calibrated; --force; --costs <list>; --seed <n>=1; " + "--json",
  ],
  [
    "import-layout",
    "[dump]; --smaps <file>; --memslot <base:size>; --granule <size>:4K|16K|64K; --ipa-bits <n>; " +
      "--vma <address>; --min-size <size>; --placement <how>:runs|spread=runs; --seed <n>=1; " +
      "--mode <mode>:enable|clear=enable; --chunk <size>; --name <text>; --output <file>=-; --force",
  ],
  ["compare", `<base>; <new>; ${GATE}; --export-html <file>; --seed <n>=1; --all; --json; -q, --quiet`],
  ["merge", `<files...>; ${EXPORTS}; -q, --quiet; --full`],
  ["noise", `${GUEST}; --export-html <file>; --strategy <list>; --runs <n>; --time <seconds>; --pairs <n>=1; --json`],
  ["report", "<results...>; -o, --output <file>!"],
  ["list", "<what>:strategies|scenarios|backings|profiles; --json; --long"],
  ["completion", "<shell>:bash|zsh|fish"],
  ["new-strategy", "<name>; --mmu <name>:arm64|x86-tdp|x86-shadow|riscv=arm64; --ts"],
  ["help", "[command]"],
];

/** Bounds of every number: the first and the last that is taken. */
const WHOLE: readonly (readonly [command: string, option: string, min: number, max: number])[] = [
  ["bench", "--seed", 0, 4294967295],
  ["bench", "--runs", 6, 10000],
  ["bench", "--jobs", 1, 256],
  ["verify", "--random", 1, 1000000],
  ["verify", "--jobs", 1, 256],
  ["verify", "--actions", 0, 3],
  ["trace", "--limit", 1, 1000000000],
  ["run", "-v", 1, 512],
  ["run", "-x", 1, 4096],
  ["run", "-i", 2, 1000],
  ["run", "-w", 0, 100],
  ["run", "-r", 0, 4294967295],
  ["run", "-m", 0, 99],
  ["run", "--ipa-bits", 32, 52],
  ["advise", "--vcpus", 1, 4096],
  ["advise", "--write-percent", 0, 100],
  ["advise", "--seed", 0, 4294967295],
  ["measure", "--runs", 1, 10000],
  ["measure", "--warmup", 0, 1000],
  ["measure", "--timeout", 0, 86400],
  ["calibrate", "--seed", 0, 2147483646],
  ["import-layout", "--ipa-bits", 32, 52],
  ["import-layout", "--seed", 0, 4294967295],
  ["compare", "--seed", 0, 4294967295],
  ["noise", "--runs", 6, 10000],
  ["noise", "--pairs", 1, 1000],
];

const SHARES: readonly (readonly [command: string, option: string, min: number, max: number])[] = [
  ["bench", "--time", 0.01, 86400],
  ["noise", "--time", 0.01, 86400],
  ["run", "--thp-coverage", 0, 1],
  ["advise", "--thp-coverage", 0, 1],
];

async function parserOf(command: string, option: string): Promise<(text: string) => unknown> {
  const found = (await everything()).commands
    .find((one) => one.name() === command)!
    .options.find(({ long, short }) => (long ?? short) === option)!;
  return (text) => found.parseArg!(text, undefined);
}

describe("the command line", () => {
  it("has these commands, each with these arguments and options", async () => {
    const words = (await everything()).commands.map((command) => [
      command.name(),
      [
        ...command.registeredArguments.map((argument) => {
          const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
          return `${argument.required ? `<${name}>` : `[${name}]`}${choices(argument.argChoices)}`;
        }),
        ...command.options.map(({ flags, argChoices, defaultValue, mandatory }) => {
          const otherwise = defaultValue === undefined ? "" : `=${String(defaultValue)}`;
          return `${flags}${choices(argChoices)}${otherwise}${mandatory ? "!" : ""}`;
        }),
      ].join("; "),
    ]);
    expect(words).toEqual(COMMANDS);
  });

  it("has options for all commands: colour by where it is printed, unless it is said", async () => {
    const { options } = await everything();
    expect(options.map(({ flags, argChoices, defaultValue }) => [flags, argChoices, defaultValue])).toEqual([
      ["-V, --version", undefined, undefined],
      ["--color <when>", ["auto", "always", "never"], "auto"],
    ]);
  });

  it.each(WHOLE)("takes for %s %s the whole numbers from %d to %d", async (command, option, min, max) => {
    const parse = await parserOf(command, option);
    expect([parse(String(min)), parse(String(max))]).toEqual([min, max]);
    const message = `Expected a whole number from ${min} to ${max}.`;
    for (const other of [min - 1, max + 1, min + 0.5]) expect(() => parse(String(other))).toThrow(message);
  });

  it.each(SHARES)("takes for %s %s the numbers from %d to %d", async (command, option, min, max) => {
    const parse = await parserOf(command, option);
    expect([parse(String(min)), parse(String(max))]).toEqual([min, max]);
    const message = `Expected a number from ${min} to ${max}${max === 1 ? ", or in percent" : ""}.`;
    for (const other of [min - 0.001, max + 0.001]) expect(() => parse(String(other))).toThrow(message);
  });

  it("takes the seed of run in the bases of the real test", async () => {
    const parse = await parserOf("run", "-r");
    expect(["0x1F", "0XffffffFF", "12"].map(parse)).toEqual([31, 4294967295, 12]);
    for (const text of ["0x", "0x123456789", "1f", "0b1"]) {
      expect(() => parse(text)).toThrow("Expected a whole number from 0 to 4294967295.");
    }
  });
});

function choices(of: readonly string[] | undefined): string {
  return of === undefined ? "" : `:${of.join("|")}`;
}

describe("what help says", () => {
  it("is a phrase of each option and argument, and a sentence of each command", async () => {
    const program = await everything();
    for (const command of program.commands.filter((one) => one.name() !== "help")) {
      const name = command.name();
      expect(command.summary(), name).toMatch(/^[a-z].*[\w)]$/);
      expect(command.description(), name).toMatch(/^[A-Z].*\.$/);
      for (const { description } of [...command.options, ...command.registeredArguments]) {
        expect(description, name).toMatch(/^[a-zA-Z0-9'-].*[\w)"/]$/);
      }
    }
    expect(program.description()).toMatch(/\.$/);
    const own = [...program.options, ...program.commands.filter((one) => one.name() === "help")];
    for (const one of own)
      expect(typeof one.description === "function" ? one.description() : one.description).toMatch(/[a-z]$/);
  });

  it("has for each command the summary that the list of commands has, loaded or not", async () => {
    const invocation: Invocation = new Invocation(memoryIo().io, () => buildProgram([], invocation, true));
    const listed = (await buildProgram([], invocation)).commands;
    const full = (await everything()).commands;
    expect(listed.map((one) => [one.name(), one.summary()])).toEqual(full.map((one) => [one.name(), one.summary()]));
  });

  it("names the MMUs of the registry, the first as the default", async () => {
    const { io } = memoryIo({ registry: [toy] });
    const invocation: Invocation = new Invocation(io, () => buildProgram([], invocation, true));
    const bench = (await invocation.everything()).commands.find((one) => one.name() === "bench")!;
    const words = bench.options.map(({ flags, description }) => `${flags} ${description}`);
    expect(words).toContain("--mmu <list> simulated MMUs: toy (default)");
    expect(words).toContain("--holes <n> toy: n-th entries");
    expect(words.filter((one) => one.startsWith("--granule"))).toEqual([]);
  });
});
