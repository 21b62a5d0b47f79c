import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { machineWarnings, readMachineNote } from "./machineNote.js";
import { findSelftestCommand, optionsOf } from "./selftestCommand.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function root(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "s2split-root-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const options = (command: string) => [optionsOf(findSelftestCommand(`dirty_log_perf_test ${command}`)!)];
const ARM = {
  "proc/cpuinfo":
    "processor\t: 0\nCPU implementer\t: 0xc0\nCPU variant\t: 0x0\nCPU part\t: 0xac3\nCPU revision\t: 1\n\n" +
    "processor\t: 1\n",
  "proc/sys/kernel/osrelease": "6.18.0\n",
  "proc/loadavg": "0.10 0.2 0.3 1/99 7\n",
  "proc/cmdline": "root=/dev/sda kvm-arm.mode=nvhe quiet\n",
  "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
  "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "4\n",
  "sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages": "2\n",
  "sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "performance\n",
  "sys/devices/system/cpu/smt/active": "0\n",
  "sys/firmware/devicetree/base/compatible": "adlink,ampere-altra\0ampere,altra\0",
  "dev/kvm": "",
};

it("reads what an arm64 host says of itself", async () => {
  expect(await readMachineNote(root(ARM))).toMatchObject({
    kernel: "6.18.0",
    cpuModel: "arm64 implementer 0xc0 part 0xac3 variant 0x0 revision 1",
    cpuCount: 2,
    governors: ["performance"],
    boost: null,
    smtActive: false,
    thp: "madvise",
    hugepages: [{ pageBytes: 2 ** 30, total: 4, free: 2 }],
    virtualized: false,
    kvmDevice: true,
    kvmParameters: { "kvm-arm.mode": "nvhe" },
    loadPerCpu: 0.05,
  });
});

it("never fails where nothing can be read", async () => {
  const note = await readMachineNote(root({}));
  expect(note).toMatchObject({ governors: null, thp: null, virtualized: null, kvmDevice: false, kvmParameters: {} });
});

it("takes an emulated board from its device tree, and says nothing of an arm64 machine without any word of it", async () => {
  const { "sys/firmware/devicetree/base/compatible": _, ...silent } = ARM;
  const of = async (files: Readonly<Record<string, string>>) =>
    (await readMachineNote(root({ ...silent, ...files }))).virtualized;
  expect(await of({ "sys/firmware/devicetree/base/compatible": "linux,dummy-virt\0" })).toBe(true);
  expect(await of({ "sys/firmware/devicetree/base/hypervisor/compatible": "linux,kvm\0" })).toBe(true);
  expect(await of({ "sys/class/dmi/id/sys_vendor": "QEMU\n" })).toBe(true);
  expect(await of({ "sys/class/dmi/id/sys_vendor": "Ampere(R)\n" })).toBe(false);
  expect(await of({})).toBeNull();
});

it("has no warning for a machine that is set up well", async () => {
  const note = await readMachineNote(root(ARM));
  expect(machineWarnings(note, options("-b 1G -c 0 -s anonymous_hugetlb_1gb"))).toEqual([]);
});

it("warns of every setting that spoils measurements", async () => {
  const note = await readMachineNote(
    root({
      "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu hypervisor\n",
      "proc/loadavg": "3.00 0 0 1/1 1\n",
      "proc/sys/kernel/numa_balancing": "1\n",
      "sys/kernel/mm/ksm/run": "1\n",
      "sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n",
      "sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "powersave\n",
      "sys/devices/system/cpu/cpufreq/boost": "1\n",
      "sys/devices/system/cpu/smt/active": "1\n",
    }),
  );
  const warned = machineWarnings(note, [
    ...options("-s anonymous_thp -v 4"),
    ...options("-b 3G -s anonymous_hugetlb_1gb"),
    ...options("-b 1G -s anonymous_hugetlb_1gb"),
  ]);
  expect(warned.map(({ code }) => code)).toEqual([
    "no-kvm-device",
    "virtualized",
    "governor-not-performance",
    "boost-on",
    "smt-active",
    "numa-balancing",
    "ksm-running",
    "machine-busy",
    "thp-never",
    "hugepages-too-few",
    "more-vcpus-than-cpus",
    "vcpus-not-pinned",
  ]);
  expect(warned).toContainEqual({
    code: "hugepages-too-few",
    data: { backing: "anonymous_hugetlb_1gb", needed: 3, free: 0 },
  });
});

it("reads all that a host says of itself, pools by size and governors by name", async () => {
  const folder = root({
    ...ARM,
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 1 GHz\nflags\t\t: fpu\nprocessor\t: 1\nprocessor\t: 2\n",
    "proc/sys/kernel/numa_balancing": "0\n",
    "sys/kernel/mm/ksm/run": "2\n",
    "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "7\n",
    "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "5\n",
    "sys/kernel/mm/hugepages/other/free_hugepages": "5\n",
    "sys/devices/system/cpu/cpufreq/policy1/scaling_governor": "ondemand\n",
    "sys/module/kvm/parameters/tdp_mmu": "Y\n",
    "sys/module/kvm/parameters/nx_huge_pages": "N\n",
  });
  const { arch, ...note } = await readMachineNote(folder);
  expect(arch).toBe(process.arch);
  expect(note).toEqual({
    kernel: "6.18.0",
    cpuModel: "Some CPU @ 1 GHz",
    cpuCount: 3,
    governors: ["ondemand", "performance"],
    boost: null,
    smtActive: false,
    thp: "madvise",
    thpShmem: null,
    hugepages: [
      { pageBytes: 2097152, total: 7, free: 5 },
      { pageBytes: 1073741824, total: 4, free: 2 },
    ],
    numaBalancing: false,
    ksmRunning: false,
    virtualized: false,
    kvmDevice: true,
    kvmParameters: { tdp_mmu: "Y", nx_huge_pages: "N", "kvm-arm.mode": "nvhe" },
    loadPerCpu: 0.03333333333333333,
  });
});

it("warns where a machine just misses what its runs need, and not where it just has it", async () => {
  const note = { ...(await readMachineNote(root(ARM))), cpuCount: 3 };
  const codes = (more: object, command: string) =>
    machineWarnings({ ...note, ...more }, options(command)).map(({ code }) => code);
  expect(codes({ loadPerCpu: 0.2 }, "-c 0")).toEqual([]);
  expect(codes({ loadPerCpu: 0.21 }, "-c 0")).toEqual(["machine-busy"]);
  expect(codes({ loadPerCpu: null }, "-v 2 -c 0")).toEqual([]);
  expect(codes({}, "-v 3 -c 0")).toEqual(["more-vcpus-than-cpus"]);
  expect(codes({ thp: "always" }, "-c 0 -s anonymous")).toEqual(["thp-always"]);
  expect(codes({ thp: "always" }, "-c 0 -s anonymous_thp")).toEqual([]);
  expect(codes({ thp: "never" }, "-c 0 -s anonymous")).toEqual([]);
  const pool = (pageBytes: number, free: number) => ({ hugepages: [{ pageBytes, total: 9, free }] });
  expect(codes(pool(2 ** 21, 2), "-c 0 -b 3M -s shared_hugetlb_2mb")).toEqual([]);
  expect(codes(pool(2 ** 21, 1), "-c 0 -b 3M -s shared_hugetlb_2mb")).toEqual(["hugepages-too-few"]);
  expect(codes(pool(2 ** 16, 1), "-c 0 -b 64K -s anonymous_hugetlb_64kb")).toEqual([]);
  expect(codes(pool(2 ** 30, 4), "-c 0 -v 2 -b 2G -s anonymous_hugetlb_1gb")).toEqual([]);
  expect(codes(pool(2 ** 30, 3), "-c 0 -v 2 -b 2G -s anonymous_hugetlb_1gb")).toEqual(["hugepages-too-few"]);
  expect(codes({}, "-c 0 -s anonymous_hugetlb")).toEqual([]);
});
