import type { ContentionColumn, ContentionTable, Workload } from "./contentionTable.js";

const GIB = 2 ** 30;
const MIB2 = 2 ** 21;

const EVERY_PAGE = { blockBytes: MIB2, strideBytes: 4096, writeEvery: 1, text: "every page is written" } as const;
const SPARSE: Workload = {
  memoryBytes: GIB,
  blockBytes: MIB2,
  strideBytes: MIB2,
  writeEvery: 1,
  text: "one write in every 2M",
};
const READ_MOSTLY: Workload = {
  memoryBytes: GIB,
  blockBytes: MIB2,
  strideBytes: 4096,
  writeEvery: 10,
  text: "every page, each tenth written, the others read",
};

/** Rows of several columns that were printed side by side. */
function column(rows: readonly (readonly number[])[], at: number): readonly (readonly [number, number])[] {
  return rows.map((row) => [row[0]!, row[at]!] as const);
}

const ZHANG = [
  [1, 926],
  [2, 1189],
  [4, 2503],
  [8, 5069],
  [16, 10340],
  [32, 20351],
  [64, 40994],
];

/**
 * Contentions of mmu_lock that LOCK_STAT counted beside zhang-2022-exclusive, by vCPUs. Over which
 * part of the run, and whether it was reset between runs, is not stated. For each page they come to
 * 0, 4.51, 5.50, 5.93, 6.00, 6.00, 6.00, though the timed pass faults once a page: unexplained, and
 * not modelled.
 */
const ZHANG_CONTENTIONS: readonly (readonly [vcpus: number, contentions: number])[] = [
  [1, 0],
  [2, 4732558],
  [4, 11527185],
  [8, 24881677],
  [16, 50347956],
  [32, 100605720],
  [64, 201442478],
];

function contentionsAPage(): readonly string[] {
  const pages = (2 * GIB) / 4096;
  return ZHANG_CONTENTIONS.map(([vcpus, contentions]) => (contentions / vcpus / pages).toFixed(2));
}

const UPTON_NOVEMBER = [
  [1, 0.87, 0.93],
  [2, 1.11, 1.16],
  [4, 2.39, 1.27],
  [8, 5.01, 1.39],
  [16, 8.89, 2.07],
  [32, 19.9, 4.45],
  [48, 32.1, 6.23],
];

const UPTON_AUGUST = [
  [1, 0.89, 0.92],
  [2, 1.13, 1.18],
  [4, 2.42, 1.25],
  [8, 5.03, 1.36],
  [16, 8.84, 2.09],
  [32, 19.6, 4.47],
  [48, 31.39, 6.22],
];

const KOLLER_SPARSE = [
  [1, 2.63, 1.66],
  [2, 2.95, 1.7],
  [4, 3.21, 1.71],
  [8, 4.97, 1.78],
  [16, 9.51, 1.82],
  [32, 20.15, 3.03],
  [64, 40.09, 5.8],
  [128, 80.08, 12.24],
  [152, 109.81, 15.14],
];

const KOLLER_READ_MOSTLY = [
  [1, 0.65, 0.07],
  [2, 0.7, 0.08],
  [4, 0.71, 0.08],
  [8, 0.72, 0.08],
  [16, 0.76, 0.08],
  [32, 1.61, 0.14],
  [64, 3.46, 0.3],
  [128, 5.49, 0.64],
  [152, 6.44, 0.63],
];

const KOLLER_RFC_SPARSE = [
  [1, 3.34, 1.85],
  [2, 3.51, 1.92],
  [4, 3.93, 1.99],
  [8, 5.78, 1.97],
  [16, 10.06, 2.08],
  [32, 21.07, 3.06],
  [64, 41.75, 6.92],
  [128, 86.09, 12.07],
  [152, 109.72, 18.94],
];

const KOLLER_RFC_READ_MOSTLY = [
  [1, 0.65, 0.09],
  [2, 0.7, 0.09],
  [4, 0.71, 0.09],
  [8, 0.72, 0.1],
  [16, 0.76, 0.1],
  [32, 1.61, 0.15],
  [64, 3.46, 0.36],
  [128, 5.49, 0.74],
  [152, 6.44, 0.73],
];

const UPTON_COMMON = {
  author: "Oliver Upton",
  machine: null,
  command: "dirty_log_perf_test -s anonymous_thp -m 2 -b 4G -v N",
  workload: { ...EVERY_PAGE, memoryBytes: 4 * GIB },
  unit: "s",
  notKnown: [
    "the machine (48 CPUs or more)",
    "which of the two iterations was timed",
    "whether the test set up a vGIC",
  ],
  profile: "upton-2022",
} as const;

function uptonColumns(rows: readonly (readonly number[])[]): readonly ContentionColumn[] {
  return [
    { name: "write lock", lock: "rwlock", eager: false, rows: column(rows, 1) },
    { name: "read lock", lock: "parallel", eager: false, rows: column(rows, 2) },
  ];
}

const KOLLER_COMMON = {
  author: "Ricardo Koller",
  machine: "AmpereOne",
  profile: "ampereone",
} as const;
const KOLLER_OPEN = [
  "the number of CPUs in the host (152 vCPUs ran)",
  "which of the three iterations was timed, or their mean",
  "whether the test set up a vGIC",
] as const;

function kollerColumns(
  rows: readonly (readonly number[])[],
  eager: Partial<ContentionColumn> = {},
  lazy: Partial<ContentionColumn> = {},
): readonly ContentionColumn[] {
  return [
    { name: "lazy", lock: "parallel", eager: false, rows: column(rows, 1), ...lazy },
    { name: "eager", lock: "parallel", eager: true, rows: column(rows, 2), ...eager },
  ];
}

const KOLLER_2023 = {
  post: "koller-2023",
  title: "[PATCH 0/9] KVM: arm64: Eager Huge-page splitting for dirty-logging",
  date: "2023-01-13",
  messageId: "20230113035000.480021-1-ricarkol@google.com",
  alsoIn: ["20230409063000.3559991-1-ricarkol@google.com"],
  kernel: "6.2-rc3",
} as const;
const KOLLER_2022 = {
  post: "koller-2022-rfc",
  title: "[RFC PATCH 00/12] KVM: arm64: Eager huge-page splitting for dirty-logging",
  date: "2022-11-12",
  messageId: "20221112081714.2169495-1-ricarkol@google.com",
  kernel: "6.1-rc1 with the parallel fault series",
} as const;
const SPARSE_COMMAND = "dirty_log_perf_test_sparse -s anonymous_hugetlb_2mb -b 1G -v N -i 3 -m 2";
const READ_MOSTLY_COMMAND = "dirty_log_perf_test -s anonymous_hugetlb_2mb -b 1G -v N -i 3 -m 2 -f 10";

/** Every published arm64 table over vCPUs that the model is held to. */
export const CONTENTION_TABLES: readonly ContentionTable[] = [
  {
    id: "zhang-2022-exclusive",
    post: "zhang-2022",
    title: "[PATCH v2 0/3] ARM64: Guest performance improvement during dirty",
    author: "Jing Zhang",
    date: "2022-01-18",
    messageId: "20220118015703.3630552-1-jingzhangos@google.com",
    alsoIn: ["20220110210441.2074798-1-jingzhangos@google.com", "20220113221829.2785604-1-jingzhangos@google.com"],
    machine: "Ampere Altra 3 GHz, 64 CPUs, 256 GB",
    kernel: "kvm/queue at fea31d169094, CONFIG_LOCK_STAT on",
    command: "dirty_log_perf_test -b 2G -m 2 -i 2 -s anonymous_hugetlb_2mb -v N",
    workload: { ...EVERY_PAGE, memoryBytes: 2 * GIB },
    unit: "ms",
    columns: [{ name: "spinlock", lock: "spinlock", eager: false, rows: column(ZHANG, 1) }],
    notKnown: [
      "LOCK_STAT brings lock debugging with it: every lock operation is slower than in a production kernel",
      "the test set up no vGIC: each exit does more work, some of it shared",
      "which of the two iterations was timed",
      `why LOCK_STAT counted ${contentionsAPage().join(", ")} contentions a page, where one fault a page is taken`,
    ],
    profile: "altra-2022",
  },
  {
    ...UPTON_COMMON,
    id: "upton-2022-11-dirty",
    post: "upton-2022-11",
    title: "[PATCH v5 00/14] KVM: arm64: Parallel stage-2 fault handling",
    date: "2022-11-07",
    messageId: "20221107215644.1895162-1-oliver.upton@linux.dev",
    alsoIn: ["20221007232818.459650-1-oliver.upton@linux.dev", "20221027221752.1683510-1-oliver.upton@linux.dev"],
    kernel: "6.1-rc3 as stated; the same figures stand in v2 and v3 under other kernel names",
    columns: uptonColumns(UPTON_NOVEMBER),
  },
  {
    ...UPTON_COMMON,
    id: "upton-2022-08-dirty",
    post: "upton-2022-08",
    title: "[PATCH 00/14] KVM: arm64: Parallel stage-2 fault handling",
    date: "2022-08-30",
    messageId: "20220830194132.962932-1-oliver.upton@linux.dev",
    kernel: "6.0-rc3",
    columns: uptonColumns(UPTON_AUGUST),
  },
  {
    ...KOLLER_COMMON,
    ...KOLLER_2023,
    id: "koller-2023-sparse",
    command: SPARSE_COMMAND,
    workload: SPARSE,
    unit: "ms",
    columns: kollerColumns(KOLLER_SPARSE),
    notKnown: ["the machine is named only in the RFC", ...KOLLER_OPEN],
  },
  {
    ...KOLLER_COMMON,
    ...KOLLER_2023,
    id: "koller-2023-read-mostly",
    command: READ_MOSTLY_COMMAND,
    workload: READ_MOSTLY,
    unit: "s",
    columns: kollerColumns(KOLLER_READ_MOSTLY, { rounding: 0.005 }),
    notKnown: [
      "the lazy column is the RFC's to the digit: it was measured before, on the RFC's kernel",
      "the eager column is rounded by up to 7% below 32 vCPUs",
      ...KOLLER_OPEN,
    ],
  },
  {
    ...KOLLER_COMMON,
    ...KOLLER_2022,
    id: "koller-2022-rfc-sparse",
    command: SPARSE_COMMAND,
    workload: SPARSE,
    unit: "ms",
    columns: kollerColumns(KOLLER_RFC_SPARSE),
    notKnown: ["an earlier form of the series", ...KOLLER_OPEN],
  },
  {
    ...KOLLER_COMMON,
    ...KOLLER_2022,
    id: "koller-2022-rfc-read-mostly",
    command: READ_MOSTLY_COMMAND,
    workload: READ_MOSTLY,
    unit: "s",
    columns: kollerColumns(KOLLER_RFC_READ_MOSTLY, { rounding: 0.005 }, { repeats: "koller-2023-read-mostly lazy" }),
    notKnown: ["an earlier form of the series", ...KOLLER_OPEN],
  },
];
