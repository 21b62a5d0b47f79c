import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, type Option } from "commander";
import { describe, expect, it } from "vitest";
import { memoryIo } from "../testing/inProcess.js";
import { temporaryFolder } from "../testing/temporaryFolder.js";
import { toy } from "../testing/toyMmu.js";
import { reproduceHint } from "./reproduceHint.js";
import { addScenarioOptions, casesFrom, declaredOptions, oneCaseFrom, optionOf, shownAs } from "./scenarioOptions.js";

const other = { ...toy, id: "other", title: "another toy" };
const registry = [toy, other] as never;
const { holes, memory } = toy.options as Record<string, (typeof toy.options)[string]>;

describe("guest options", () => {
  it("are declared once, however many MMUs read them, in the order of the first that does", () => {
    const more = { ...holes!, flags: "--more <n>" };
    const all = declaredOptions([toy, { ...other, options: { more, holes } }] as never);
    expect([...all]).toEqual([
      ["memory", memory],
      ["holes", holes],
      ["more", more],
    ]);
  });

  it("mean the same under one name, which is that of their flag", () => {
    const words = { ...other, options: { holes: { ...holes!, description: "other words" } } };
    expect(() => declaredOptions([toy, words] as never)).toThrow(
      new Error('"--holes <n>" and "--holes <n>" are both declared as holes'),
    );
    const flags = { ...other, options: { holes: { ...holes!, flags: "--hole <n>" } } };
    expect(() => declaredOptions([toy, flags] as never)).toThrow(
      new Error('"--hole <n>" and "--holes <n>" are both declared as holes'),
    );
    expect(() => addScenarioOptions(new Command(), [{ ...toy, options: { gaps: holes } }] as never)).toThrow(
      new Error('"--holes <n>" is declared as gaps'),
    );
  });

  it("take values of their kind", () => {
    const of = (flags: string, value: object) =>
      optionOf({ flags, description: "words", group: "Toy:", value } as never);
    const parsed = (option: Option, text: string) => option.parseArg!(text, undefined as never);
    expect(parsed(of("--a <list>", { kind: "list" }), "a, b")).toEqual(["a", "b"]);
    expect(of("--a <which>", { kind: "choice", choices: ["x", "y"] }).argChoices).toEqual(["x", "y"]);
    const integer = of("--a <n>", { kind: "integer", min: 2, max: 5 });
    expect([parsed(integer, "2"), parsed(integer, "5")]).toEqual([2, 5]);
    expect(() => parsed(integer, "2.5")).toThrow("Expected a whole number from 2 to 5.");
    expect(parsed(of("--a <n>", { kind: "number", min: 2, max: 5 }), "2.5")).toBe(2.5);
    const text = of("--a <text>", { kind: "text" });
    expect([text.parseArg, text.argChoices, text.required, of("-g", { kind: "flag" }).required]).toEqual([
      undefined,
      undefined,
      true,
      false,
    ]);
    expect([text.description, text.helpGroupHeading]).toEqual(["words", "Toy:"]);
  });

  it("are named in messages by their long flag, or the only one", () => {
    expect(["-s, --backing <list>", "-g", "--holes <n>"].map(shownAs)).toEqual(["--backing", "-g", "--holes"]);
  });

  it("have a seed, MMUs and workloads beside them", () => {
    const added = addScenarioOptions(new Command(), registry).options;
    expect(added.map(({ flags, helpGroupHeading }) => `${flags} ${helpGroupHeading}`)).toEqual([
      "--mmu <list> undefined",
      "--scenario <files...> undefined",
      "--seed <n> Guest:",
      `${memory!.flags} ${memory!.group}`,
      "--holes <n> Toy:",
      "--workload <what> Guest:",
    ]);
    expect(added[0]!.description).toBe("simulated MMUs: toy (default), other");
    expect(added.at(-1)!.argChoices).toEqual(["split"]);
  });
});

describe("the cases that options make", () => {
  const how = () => ({ ...memoryIo({ registry }).io });
  const names = async (options: object) =>
    (await casesFrom({ seed: 1, ...options }, how())).map(({ scenario }) => scenario.name);

  it("are those of each MMU, of the first where none is named", async () => {
    expect(await names({})).toEqual(["toy-8M"]);
    expect(await names({ mmu: ["other", "toy", "other"], memory: "4M" })).toEqual(["toy-4M", "toy-4M"]);
  });

  it("are one where one is meant", async () => {
    expect((await oneCaseFrom("trace", { seed: 1 }, how())).scenario.name).toBe("toy-8M");
    await expect(oneCaseFrom("trace", { seed: 1, mmu: ["toy", "other"] }, how())).rejects.toThrow(
      "trace: the options make 2 scenarios; expected one (one MMU, backing, mode and chunk)",
    );
    const none = { ...toy, load: async () => ({ ...(await toy.load()), cases: () => [] }) };
    await expect(oneCaseFrom("trace", { seed: 1 }, { ...how(), registry: [none] as never })).rejects.toThrow(
      "trace: the options make 0 scenarios; expected one",
    );
  });

  it("are made by options that something reads: of the MMU, of the workload, and not of a file", async () => {
    const only = { ...other, options: { holes: { ...holes!, workloads: ["zap", "clear"] } } };
    const refused = async (options: object, entries: readonly unknown[] = [toy, only]) =>
      casesFrom({ seed: 1, ...options }, { ...how(), registry: entries as never }).then(
        () => "taken",
        (error: Error) => error.message,
      );
    expect(await refused({ memory: "4M", mmu: ["other"] })).toBe(
      "--memory with --mmu other: it is of toy; expected it only there",
    );
    expect(await refused({ holes: 3, mmu: ["other"] })).toBe(
      "--holes with --workload split: it is of zap and clear; expected it only there",
    );
    // One of the two reads it.
    expect(await refused({ holes: 3, mmu: ["other", "toy"] })).toBe("taken");
    expect(await refused({ workload: "zap" })).toBe("--workload zap: toy has no such workload; expected split");
    const more = { ...toy, workloads: [{ id: "a" }, { id: "b", alias: ["c"] }, { id: "d" }] };
    expect(await refused({ workload: "zap" }, [more])).toBe(
      "--workload zap: toy has no such workload; expected a, c, b or d",
    );
    expect(await refused({ workload: "c" }, [more])).toBe("taken");
    const file = join(temporaryFolder(), "toy.json");
    writeFileSync(file, JSON.stringify({ mmu: "toy", entries: 4, holes: 0 }));
    const scenario = [file];
    expect(await refused({ scenario })).toBe("taken");
    for (const [options, message] of [
      [{ holes: 3 }, "--holes with --scenario: the file gives it"],
      [{ workload: "split" }, "--workload with --scenario: the file gives it"],
      [{ mmu: ["toy"] }, "--mmu with --scenario: the file gives the guest"],
    ] as const) {
      expect(await refused({ scenario, ...options })).toBe(`${message}; expected one or the other`);
    }
    const varies = {
      ...other,
      options: { ...toy.options, more: { ...holes!, flags: "--more <n>", variesFile: true } },
    };
    expect(await refused({ scenario, more: 3 }, [toy, varies])).toBe(
      "--more with --scenario: no file that it varies is given; expected it without toy",
    );
  });
});

describe("the command that shows a counterexample on a real host", () => {
  const bound = async (name: string) => {
    const { mmus } = await import("../mmu/registry.js");
    return (await casesFrom({ seed: 1, scenario: [name] }, { ...memoryIo().io, registry: mmus }))[0]!;
  };

  it("names the file so that a shell reads it as it is", async () => {
    const fault = await bound("fault-passed-over");
    expect(await reproduceHint(fault, "a/b-c_1.json")).toBe("s2split reproduce a/b-c_1.json");
    expect(await reproduceHint(fault, "it's $here")).toBe("s2split reproduce 'it'\\''s $here'");
  });

  it("is none for standard input, for a schedule, and for what splits nothing", async () => {
    const fault = await bound("fault-passed-over");
    expect(await reproduceHint(fault, "-")).toBeNull();
    expect(await reproduceHint({ ...fault, schedule: {} } as never, "a.json")).toBeNull();
    expect(await reproduceHint(await bound("x86-zap-hello"), "a.json")).toBeNull();
  });
});
