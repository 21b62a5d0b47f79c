import { zip } from "../../lists.js";

/**
 * Single published figures of starting to log, clearing, disabling, and of guests: no table over
 * vCPUs, so that no queue can be held to them. Seconds and milliseconds as printed.
 */
export interface SingleFigures {
  readonly id: string;
  readonly author: string;
  readonly date: string;
  readonly title: string;
  /** Null where none was found. */
  readonly messageId: string | null;
  readonly mmu: "arm64" | "x86" | "riscv";
  readonly machine: string | null;
  /** Memory, vCPUs and backing, as far as stated. */
  readonly guest: string;
  readonly unit: "s" | "ms" | "percent";
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [what: string, ...figures: (number | null)[]])[];
  /** Why the model says nothing of it, or where it does. */
  readonly model: string;
}

/** Steps of the disabling series, a row of seconds each. */
const STEPS = ["populate", "enable", "dirty 1", "get 1", "clear 1", "dirty 2", "get 2", "clear 2", "disable"];

type Disabling = Pick<SingleFigures, "id" | "date" | "title" | "messageId" | "machine" | "columns" | "model"> & {
  /** A row a step. */
  readonly seconds: readonly (readonly number[])[];
};

/**
 * Ben Gardon's series on disabling dirty logging: one test on several machines, before and after.
 */
function disabling({ id, date, title, messageId, machine, columns, seconds, model }: Disabling): SingleFigures {
  return {
    id,
    author: "Ben Gardon",
    date,
    title,
    messageId,
    mmu: "x86",
    machine,
    guest: "96 vCPUs, 1 GiB each, hugetlb-1g",
    unit: "s",
    columns,
    rows: zip(STEPS, seconds).map(([step, figures]) => [step, ...figures]),
    model,
  };
}

export const SINGLE_FIGURES: readonly SingleFigures[] = [
  {
    id: "matlack-2021-12-tdp",
    author: "David Matlack",
    date: "2021-12-13",
    title: "[PATCH v1 00/13] KVM: x86/mmu: Eager Page Splitting for the TDP MMU",
    messageId: "20211213225918.672507-1-dmatlack@google.com",
    mmu: "x86",
    machine: null,
    guest: "96 vCPUs, 1 GiB each, hugetlb-1g",
    unit: "s",
    columns: ["before s", "after s"],
    rows: [
      ["Iteration 1 clear dirty log time (initially-all-set)", 0.049572219, 1.667811687],
      ["Iteration 2 dirty memory time (initially-all-set)", 2.751442902, 0.127016504],
      ["Iteration 3 clear dirty log time (initially-all-set)", 1.374501209, 1.422478617],
      ["Enabling dirty logging time (without initially-all-set)", 0.001683739, 1.546904175],
      ["Iteration 1 dirty memory time (without initially-all-set)", 2.943733325, 0.145979748],
    ],
    model: "profile x86-tdp is derived from it: nothing is left to judge",
  },
  disabling({
    id: "gardon-2021-11-disable-rfc",
    date: "2021-11-10",
    title: "[RFC 00/19] KVM: x86/mmu: Optimize disabling dirty logging",
    messageId: "20211110223010.1392399-1-bgardon@google.com",
    machine: "Intel Skylake",
    columns: ["TDP MMU before s", "legacy MMU before s", "TDP MMU after s"],
    seconds: [
      [10.966500447, 12.664750666, 12.016653537],
      [0.002068737, 0.00202551, 0.00199286],
      [0.04755628, 0.046240875, 0.046701599],
      [0.001253914, 0.001864342, 0.001214806],
      [0.049716661, 0.170243637, 0.049519923],
      [3.679662016, 31.571088701, 3.581931268],
      [0.000659546, 0.000626245, 0.000621383],
      [1.834329322, 1.294817729, 1.894597059],
      [45.73843951, 3.566831573, 1.950542092],
    ],
    model: "not modelled: disabling on x86 restores the blocks, which no profile prices",
  }),
  disabling({
    id: "gardon-2021-11-disable-v1",
    date: "2021-11-15",
    title: "[PATCH 00/15] (subject line is the cover's first paragraph) KVM: x86/mmu: Optimize disabling dirty logging",
    messageId: "20211115234603.2908381-1-bgardon@google.com",
    machine: "Intel Skylake",
    columns: ["TDP MMU after s"],
    seconds: [
      [12.225242366],
      [0.002063442],
      [0.047598123],
      [0.001247702],
      [0.05106242],
      [3.660439803],
      [0.000736229],
      [1.043469951],
      [1.400549627],
    ],
    model: "not modelled: disabling on x86 restores the blocks, which no profile prices",
  }),
  disabling({
    id: "gardon-2022-03-disable-v2",
    date: "2022-03-21",
    title: "[PATCH v2 0/9] KVM: x86/MMU: Optimize disabling dirty logging",
    messageId: "20220321224358.1305530-1-bgardon@google.com",
    machine: "Intel Haswell",
    columns: ["TDP MMU before s", "legacy MMU before s", "TDP MMU after s"],
    seconds: [
      [4.972184425, 4.892940915, 4.878083336],
      [0.001943807, 0.001864603, 0.00187434],
      [0.061862112, 0.060490391, 0.054867383],
      [0.001416413, 0.001416277, 0.001368377],
      [1.417428057, 0.323548614, 1.406960856],
      [0.664103656, 29.217064826, 0.679301083],
      [0.000676724, 0.000696202, 0.000662905],
      [1.149387201, 0.907089084, 1.138263359],
      [256.682188868, 4.246216551, 3.16938181],
    ],
    model: "not modelled: 256 s against 45 s for the same step on two machines is unexplained by its author too",
  }),
  {
    id: "sharma-2023-03-clear-x86",
    author: "Vipin Sharma (posted by Sean Christopherson)",
    date: "2023-03-21",
    title: "[PATCH v4 06/13] KVM: x86/mmu: Bypass __handle_changed_spte() when clearing TDP MMU dirty bits",
    messageId: "20230321220021.2119033-7-seanjc@google.com",
    mmu: "x86",
    machine: null,
    guest: "160 vCPUs, 160 GiB",
    unit: "s",
    columns: ["before s", "after s"],
    rows: [
      ["clear, iteration 1", 3.638543593, 2.31898811],
      ["clear, iteration 2", 3.145032742, 1.794470164],
      ["clear, iteration 3", 3.142340358, 1.791668628],
    ],
    model: "not modelled: the share of pages that were dirty is not stated",
  },
  {
    id: "lewis-2024-07-dsb",
    author: "Colton Lewis",
    date: "2024-07-18",
    title: "[PATCH] KVM: arm64: Move data barrier to end of split walk",
    messageId: "20240718223519.1673835-1-coltonlewis@google.com",
    mmu: "arm64",
    machine: null,
    guest: "huge pages, 1 to 64 vCPUs, 1 to 64 GB",
    unit: "percent",
    columns: ["change"],
    rows: [["clear dirty log, DSB once a walk in place of once a block", -70]],
    model: "barriers are counted; see docs/barriers.md for what the counts explain",
  },
  {
    id: "zhu-2020-04-initially-set",
    author: "Keqian Zhu",
    date: "2020-04-13",
    title: "KVM: arm64: Support enabling dirty log gradually in small chunks",
    messageId: "20200413122023.52583-1-zhukeqian1@huawei.com",
    mmu: "arm64",
    machine: "Huawei Kunpeng 920 2.6 GHz",
    guest: "128 GiB, 127 of it under pressure",
    unit: "ms",
    columns: ["before ms", "after ms"],
    rows: [
      ["4K pages", 650, 1.8],
      ["2M pages", 4, 1.8],
      ["1G pages", 2, 1.8],
      ["page size not stated (2020-03-09)", 527, 4],
    ],
    model: "the 4K figure is what profile kunpeng920 is derived from",
  },
  {
    id: "zhou-2020-02-initially-set-x86",
    author: "Jay Zhou",
    date: "2020-02",
    title: "KVM: x86: enable dirty log gradually in small chunks",
    messageId: null,
    mmu: "x86",
    machine: "Intel Xeon Gold 6152 2.10 GHz",
    guest: "128 GiB, Windows",
    unit: "ms",
    columns: ["before ms", "after ms"],
    rows: [["start logging", 460, 10]],
    model: "not modelled: page sizes are not stated",
  },
  {
    id: "zhuang-2019-dbit",
    author: "Zhuang Yanying",
    date: "2019-01, by the kernels named",
    title: "[PATCH] and [PATCH 0/4] KVM: MMU: fast cleanup D bit based on fast write protect",
    messageId: null,
    mmu: "x86",
    machine: null,
    guest: "2048 GiB",
    unit: "s",
    columns: ["before s", "after s"],
    rows: [["a vCPU hangs at most, as migration starts", 9, 0.5]],
    model: "not modelled: cleaning D bits was replaced since",
  },
  {
    id: "tang-2026-05-riscv",
    author: "Jinyu Tang",
    date: "2026-05-17",
    title: "[PATCH 0/5] KVM: riscv: Speed up dirty logging write faults",
    messageId: null,
    mmu: "riscv",
    machine: "QEMU RISC-V host (emulated: says nothing about hardware)",
    guest: "4 vCPUs, -b 1G and -b 64M, 3 iterations",
    unit: "s",
    columns: ["base s", "patches 1-4 s", "patches 1-5 s"],
    rows: [
      ["dirty_log_perf_test -m 19 -v 4 -b 1G -i 3", 53.262493, 52.735675, 26.422964],
      ["dirty_log_perf_test -m 19 -v 4 -b 64M -i 3", 3.20317, null, 1.762452],
    ],
    model: "not modelled: an emulated host says nothing of hardware",
  },
];
