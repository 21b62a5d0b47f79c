import { access, constants, readdir, readFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import type { MachineNote, MeasureNote, SelftestOptions } from "./schema.js";

/**
 * What of this machine bears on a measurement of KVM, as far as /proc and /sys say it. Never fails:
 * what cannot be read is null.
 *
 * @param root where /proc and /sys are; another folder in tests
 */
export async function readMachineNote(root = "/"): Promise<MachineNote> {
  const text = async (path: string) => {
    try {
      return (await readFile(join(root, path), "utf8")).trim();
    } catch {
      return null;
    }
  };
  const cpuinfo = (await text("proc/cpuinfo")) ?? "";
  const version = await text("proc/sys/kernel/osrelease");
  const load = await text("proc/loadavg");
  const boost = await text("sys/devices/system/cpu/cpufreq/boost");
  const noTurbo = await text("sys/devices/system/cpu/intel_pstate/no_turbo");
  const smt = await text("sys/devices/system/cpu/smt/active");
  const numa = await text("proc/sys/kernel/numa_balancing");
  const ksm = await text("sys/kernel/mm/ksm/run");
  const cpuCount = Math.max(1, (cpuinfo.match(/^processor\s*:/gm) ?? []).length || os.cpus().length);
  return {
    kernel: version ?? os.release(),
    arch: os.arch(),
    cpuModel: cpuModel(cpuinfo),
    cpuCount,
    governors: await governors(root, text),
    boost: boost !== null ? boost === "1" : noTurbo !== null ? noTurbo === "0" : null,
    smtActive: smt === null ? null : smt === "1",
    thp: chosen(await text("sys/kernel/mm/transparent_hugepage/enabled")),
    thpShmem: chosen(await text("sys/kernel/mm/transparent_hugepage/shmem_enabled")),
    hugepages: await hugepages(root, text),
    numaBalancing: numa === null ? null : numa !== "0",
    ksmRunning: ksm === null ? null : ksm === "1",
    virtualized: await virtualized(cpuinfo, text),
    kvmDevice: await isWritable(join(root, "dev/kvm")),
    kvmParameters: await kvmParameters(text),
    loadPerCpu: load === null ? null : Number.parseFloat(load) / cpuCount,
  };
}

type Reader = (path: string) => Promise<string | null>;

/**
 * Device trees of virtual machines: QEMU's and kvmtool's `virt`, and hypervisors that name
 * themselves in a node.
 */
const VIRTUAL_BOARD = /linux,dummy-virt|qemu|xen,xen|kvm/i;

/**
 * Whether this machine is a guest or emulated: null where nothing says it. x86 has a CPU flag;
 * arm64 has none, so there only firmware can tell: DMI with ACPI, else the device tree, whose
 * `compatible` is a list of texts that end in NUL.
 */
async function virtualized(cpuinfo: string, text: Reader): Promise<boolean | null> {
  if ((await text("sys/hypervisor/type")) !== null) return true;
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1];
  if (flags !== undefined && /\bhypervisor\b/.test(flags)) return true;
  const vendor = await text("sys/class/dmi/id/sys_vendor");
  if (vendor !== null && /QEMU|KVM|VMware|Xen|Amazon EC2$|Google/.test(vendor)) return true;
  const board = await text("sys/firmware/devicetree/base/compatible");
  if (board !== null && VIRTUAL_BOARD.test(board)) return true;
  if ((await text("sys/firmware/devicetree/base/hypervisor/compatible")) !== null) return true;
  return flags !== undefined || vendor !== null || board !== null ? false : null;
}

/** x86 has a model name; arm64 has numbers, which are given as they are. */
function cpuModel(cpuinfo: string): string {
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.+)$`, "m").exec(cpuinfo)?.[1]?.trim();
  const model = field("model name");
  if (model !== undefined) return model;
  const implementer = field("CPU implementer");
  if (implementer === undefined) return os.cpus()[0]?.model ?? "unknown";
  return (
    `arm64 implementer ${implementer} part ${field("CPU part")} variant ${field("CPU variant")} revision ` +
    `${field("CPU revision")}`
  );
}

async function governors(root: string, text: Reader): Promise<string[] | null> {
  const found = new Set<string>();
  for (const name of await list(join(root, "sys/devices/system/cpu/cpufreq"))) {
    const governor = await text(`sys/devices/system/cpu/cpufreq/${name}/scaling_governor`);
    if (governor !== null) found.add(governor);
  }
  return found.size === 0 ? null : [...found].sort();
}

async function hugepages(root: string, text: Reader): Promise<MachineNote["hugepages"]> {
  const pools: { pageBytes: number; total: number; free: number }[] = [];
  for (const name of await list(join(root, "sys/kernel/mm/hugepages"))) {
    const kb = /^hugepages-(\d+)kB$/.exec(name)?.[1];
    if (kb === undefined) continue;
    const amount = async (file: string) => Number((await text(`sys/kernel/mm/hugepages/${name}/${file}`)) ?? 0);
    pools.push({
      pageBytes: Number(kb) * 1024,
      total: await amount("nr_hugepages"),
      free: await amount("free_hugepages"),
    });
  }
  return pools.sort((a, b) => a.pageBytes - b.pageBytes);
}

async function kvmParameters(text: Reader): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of ["eager_page_split", "tdp_mmu", "nx_huge_pages"]) {
    const value = await text(`sys/module/kvm/parameters/${name}`);
    if (value !== null) found[name] = value;
  }
  const mode = /(?:^|\s)(kvm-arm\.mode)=(\S+)/.exec((await text("proc/cmdline")) ?? "");
  if (mode !== null) found[mode[1]!] = mode[2]!;
  return found;
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function chosen(text: string | null): string | null {
  return text === null ? null : (/\[(\w+)\]/.exec(text)?.[1] ?? null);
}

/**
 * Sizes of the huge pages that a backing takes, by the name that the selftest has for it; the
 * default size otherwise.
 */
const HUGETLB = /^(?:anonymous|shared)_hugetlb(?:_(\d+)(kb|mb|gb))?$/;

/** Settings that spoil measurements of these runs, as codes. Pure. */
export function machineWarnings(note: MachineNote, options: readonly SelftestOptions[]): MeasureNote[] {
  const warnings: MeasureNote[] = [];
  const warn = (code: string, data: MeasureNote["data"] = {}) => warnings.push({ code, data });
  if (!note.kvmDevice) warn("no-kvm-device");
  if (note.virtualized) warn("virtualized");
  const slow = note.governors?.filter((governor) => governor !== "performance") ?? [];
  if (slow.length > 0) warn("governor-not-performance", { governors: slow });
  if (note.boost) warn("boost-on");
  if (note.smtActive) warn("smt-active");
  if (note.numaBalancing) warn("numa-balancing");
  if (note.ksmRunning) warn("ksm-running");
  if (note.loadPerCpu !== null && note.loadPerCpu > 0.2) warn("machine-busy", { loadPerCpu: note.loadPerCpu });
  const backings = new Set(options.map(({ backing }) => backing));
  if (backings.has("anonymous_thp") && note.thp === "never") warn("thp-never");
  if (backings.has("anonymous") && note.thp === "always") warn("thp-always");
  for (const backing of backings) {
    const form = HUGETLB.exec(backing);
    if (form === null || form[1] === undefined) continue;
    const pageBytes = Number(form[1]) * { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 }[form[2]!]!;
    const needed = Math.max(
      ...options
        .filter((one) => one.backing === backing)
        .map((one) => Math.ceil((one.vcpus * one.memoryPerVcpuBytes) / pageBytes)),
    );
    const free = note.hugepages.find((pool) => pool.pageBytes === pageBytes)?.free ?? 0;
    if (free < needed) warn("hugepages-too-few", { backing, needed, free });
  }
  if (options.some(({ vcpus }) => vcpus + 1 > note.cpuCount)) warn("more-vcpus-than-cpus", { cpus: note.cpuCount });
  if (options.some(({ pinning }) => pinning === null)) warn("vcpus-not-pinned");
  return warnings;
}
