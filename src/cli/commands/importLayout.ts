import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { badInput, clip } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { nameOf, readText } from "../../files/read.js";
import type { ByteInput } from "../../files/streams.js";
import { GRANULES, type Granule } from "../../guest/geometry.js";
import { parseAddress, parseSize } from "../../guest/sizes.js";
import type { LayoutImport } from "../../importLayout/layoutImport.js";
import type { Invocation, Io } from "../io.js";
import { integer } from "../options.js";
import { refuseOverwrite } from "../overwrite.js";

interface ImportLayoutOptions {
  readonly smaps?: string;
  readonly memslot?: string[];
  readonly granule?: Granule;
  readonly ipaBits?: number;
  readonly vma?: string[];
  readonly minSize?: string;
  readonly placement: "runs" | "spread";
  readonly seed: number;
  readonly mode: "enable" | "clear";
  readonly chunk?: string;
  readonly name?: string;
  readonly output: string;
  readonly force?: boolean;
}

const EXAMPLES = `
Examples:
  a guest of this arm64 host, by its folder in debugfs (ipa_range and
  stage2_levels are read too):
    s2split import-layout /sys/kernel/debug/kvm/1234-11 \\
        --memslot 0x40000000:4G --output guest.json
    s2split bench --scenario guest.json
  the memory of a running VMM, on any architecture:
    s2split import-layout --smaps /proc/1234/smaps --output vmm.json

A dump has no output addresses and smaps has no positions: notes on stderr say
what was assumed.`;

const DUMP = "a stage2_page_tables file of debugfs, or the folder that has it";

/** Adds `import-layout`: a real guest's memory as a scenario. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("import-layout")
    .description(
      "Turn a real guest's memory into a scenario: a stage-2 dump of debugfs (arm64), or a VMM's /proc/PID/smaps " +
        "(any host).",
    )
    .argument("[dump]", `${DUMP}; - is standard input`)
    .option("--smaps <file>", "read /proc/PID/smaps instead of a dump")
    .option(
      "--memslot <base:size>",
      "a memslot of the dump; repeatable (default: guessed, one for each island of mapped memory)",
      repeat,
    )
    .addOption(new Option("--granule <size>", "translation granule (default: as the sizes say)").choices([...GRANULES]))
    .option(
      "--ipa-bits <n>",
      "IPA width (default: ipa_range beside the dump, else 40 or what the memory needs)",
      integer(32, 52),
    )
    .option(
      "--vma <address>",
      "smaps: the mapping at this address; repeatable (default: the largest that can be guest memory)",
      repeat,
    )
    .option(
      "--min-size <size>",
      "smaps: every such mapping of this size or more (default: 64M, and a tenth of the largest)",
    )
    .addOption(
      new Option(
        "--placement <how>",
        "smaps: where huge pages go, which it does not say: in runs, or spread by the seed",
      )
        .choices(["runs", "spread"])
        .default("runs"),
    )
    .option("--seed <n>", "seed of --placement spread", integer(0, 2 ** 32 - 1), 1)
    .addOption(
      new Option("--mode <mode>", "dirty log mode of the scenario").choices(["enable", "clear"]).default("enable"),
    )
    .option("--chunk <size>", "eager-split chunk of the scenario, 0 is off (default: the granule's largest)")
    .option("--name <text>", "name of the scenario")
    .option("--output <file>", "write the scenario here", "-")
    .option("--force", "overwrite the output")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(importLayout));
}

function repeat(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

async function importLayout(io: Io, dump: string | undefined, options: ImportLayoutOptions): Promise<number> {
  const input = dump ?? options.smaps;
  if (input === undefined || (dump !== undefined && options.smaps !== undefined)) {
    throw badInput(
      "import-layout",
      dump === undefined ? "nothing to read" : "a dump and --smaps",
      "one of a dump and --smaps FILE",
    );
  }
  const [{ prepareOutput }, { formatJson }, { noteWords }] = await Promise.all([
    import("../../files/write.js"),
    import("../../files/json.js"),
    import("../../report/measureNotes.js"),
  ]);
  await refuseOverwrite(options.output, options.force);
  const target = await prepareOutput(options.output, { stdout: io.stdout, inputs: [input] });
  const { scenario, notes } = await (dump === undefined ? fromSmaps : fromDump)(input, options, io.stdin);
  await target.write(formatJson(scenario));
  for (const note of notes) io.stderr.write(`note: ${noteWords(note)}\n`);
  return EXIT.fine;
}

function shared({ granule, mode, chunk, name, ipaBits }: ImportLayoutOptions) {
  return { granule, mode, name, ipaBits, chunkBytes: chunk === undefined ? undefined : parseSize(chunk, "--chunk") };
}

async function fromSmaps(path: string, options: ImportLayoutOptions, stdin: ByteInput): Promise<LayoutImport> {
  if (options.memslot !== undefined)
    throw badInput("--memslot", "not for --smaps, which has no guest addresses", "--vma ADDRESS");
  const text = await readText(path, { expected: "/proc/PID/smaps of a running process", stdin });
  const { importSmaps } = await import("../../importLayout/importSmaps.js");
  return importSmaps(text, nameOf(path), {
    ...shared(options),
    vmas: options.vma?.map(parseVma),
    minBytes: options.minSize === undefined ? undefined : parseSize(options.minSize, "--min-size"),
    placement: options.placement,
    seed: options.seed,
  });
}

/**
 * An address of a process, of up to 64 bits: as smaps prints it, or with 0x. What is page-aligned
 * is exact as a number too.
 */
function parseVma(text: string): number {
  return /^(?:0x[0-9a-f]{1,16}|[0-9a-f]{5,16})$/i.test(text) ? Number.parseInt(text, 16) : parseAddress(text, "--vma");
}

async function fromDump(path: string, options: ImportLayoutOptions, stdin: ByteInput): Promise<LayoutImport> {
  if (options.vma !== undefined || options.minSize !== undefined)
    throw badInput("--vma and --min-size", "only for --smaps", "--memslot BASE:SIZE");
  const { file, levels, ipaBits } = await locate(path);
  const text = await readText(file, { expected: DUMP, stdin });
  const { importStage2Dump } = await import("../../importLayout/importStage2Dump.js");
  return importStage2Dump(text, nameOf(file), {
    ...shared(options),
    levels,
    ipaBits: options.ipaBits ?? ipaBits,
    memslots: options.memslot?.map(memslotOf),
  });
}

/** The dump in a folder of debugfs, with the width and the levels that stand beside it. */
async function locate(
  path: string,
): Promise<{ file: string; levels: number | undefined; ipaBits: number | undefined }> {
  const isFolder = path !== "-" && (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder) return { file: path, levels: undefined, ipaBits: undefined };
  const names = await readdir(path).catch((): string[] => []);
  if (!names.includes("stage2_page_tables")) throw await noDump(path, names);
  const number = async (name: string) => {
    if (!names.includes(name)) return undefined;
    const text = (await readText(join(path, name), { expected: "a number" })).trim();
    if (!/^\d{1,2}$/.test(text))
      throw badInput(clip(join(path, name), 200), `"${clip(text)}" is not a number`, "a number of one or two digits");
    return Number(text);
  };
  return {
    file: join(path, "stage2_page_tables"),
    levels: await number("stage2_levels"),
    ipaBits: await number("ipa_range"),
  };
}

/** VMs of a host that a message names. */
const MAX_VMS = 20;

/**
 * What is wrong with a folder without a dump: one of debugfs that has a folder for each VM is told
 * from any other.
 */
async function noDump(path: string, names: readonly string[]): Promise<Error> {
  const name = clip(path, 200);
  // KVM names them PID-FD: virt/kvm/kvm_main.c, kvm_create_vm_debugfs().
  const vms = names.filter((one) => /^\d{1,10}-\d{1,10}$/.test(one));
  if (vms.length > 0) {
    const dumps = await Promise.all(
      vms.map((vm) =>
        stat(join(path, vm, "stage2_page_tables")).then(
          () => true,
          () => false,
        ),
      ),
    );
    const withDump = vms.filter((_, i) => dumps[i]).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    const [first] = withDump;
    if (first === undefined) {
      return badInput(
        name,
        `VMs: ${vms.length}, none with stage2_page_tables`,
        "an arm64 kernel from 6.12 with CONFIG_PTDUMP_STAGE2_DEBUGFS",
      );
    }
    const more = withDump.length > MAX_VMS ? ` and ${withDump.length - MAX_VMS} more` : "";
    const listed = `${withDump.slice(0, MAX_VMS).join(", ")}${more}`;
    return badInput(name, `the folder of all VMs (PID-FD): ${listed}`, `the folder of one: ${join(name, first)}`);
  }
  return badInput(name, "no stage2_page_tables in this folder, and no VMs", DUMP);
}

function memslotOf(text: string): { base: number; bytes: number } {
  const [base, size, more] = text.split(/[:,]/);
  if (base === undefined || size === undefined || more !== undefined)
    throw badInput(`--memslot "${clip(text)}"`, "not a memslot", "BASE:SIZE, such as 0x40000000:4G");
  return { base: parseAddress(base, "--memslot base"), bytes: parseSize(size, "--memslot size") };
}
