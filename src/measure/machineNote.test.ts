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
