/**
 * David Matlack, 2022-03-11, [PATCH v2 00/26] Extend Eager Page Splitting to the shadow MMU:
 * seconds by vCPUs with eager_page_split=N and =Y, as printed. 1 GiB of 1G hugetlb a vCPU,
 * tdp_mmu=N, base ce41d078aaa9. Machine and full command are not stated; `-f` gave the share
 * written.
 */
export interface ShadowTable {
  readonly id: string;
  /**
   * Whether two-dimensional paging was on: without it every write to a page that is write-protected
   * takes mmu_lock.
   */
  readonly ept: boolean;
  readonly writePercent: number;
  readonly timed: "dirty" | "enable" | "first clear" | "second clear";
  readonly rows: readonly (readonly [vcpus: number, lazyS: number, eagerS: number])[];
  /** What the post leaves open of this table. */
  readonly note?: string;
}

export const SHADOW_POST = {
  id: "matlack-2022-03-shadow",
  author: "David Matlack",
  date: "2022-03-11",
  title: "[PATCH v2 00/26] Extend Eager Page Splitting to the shadow MMU",
  messageId: "20220311002528.2230172-1-dmatlack@google.com",
  bytesPerVcpu: 2 ** 30,
} as const;

export const SHADOW_TABLES: readonly ShadowTable[] = [
  {
    id: "ept=Y, 100% written, dirty",
    ept: true,
    writePercent: 100,
    timed: "dirty",
    rows: [
      [2, 0.310786549, 0.058731929],
      [4, 0.419165587, 0.059615316],
      [8, 1.06123386, 0.060945457],
      [16, 2.852955595, 0.06706998],
      [32, 7.032750509, 0.078623606],
      [64, 16.501287504, 0.083914116],
    ],
  },
  {
    id: "ept=Y, 5% written, dirty",
    ept: true,
    writePercent: 5,
    timed: "dirty",
    rows: [
      [2, 0.325023846, 0.006049684],
      [4, 0.398393318, 0.006275966],
      [8, 1.242848347, 0.006861012],
      [16, 2.724926895, 0.010056859],
      [32, 7.134648637, 0.012153849],
      [64, 16.804434189, 0.017575228],
    ],
  },
  {
    id: "ept=Y, 100% written, enable",
    ept: true,
    writePercent: 100,
    timed: "enable",
    rows: [
      [2, 0.001581619, 0.02569973],
      [4, 0.003138664, 0.051510208],
      [8, 0.006247177, 0.102960379],
      [16, 0.012603892, 0.206949435],
      [32, 0.026428036, 0.435855597],
      [64, 0.103826796, 1.19968653],
    ],
  },
  {
    id: "ept=Y, 100% written, first clear",
    ept: true,
    writePercent: 100,
    timed: "first clear",
    rows: [
      [2, 0.00154473, 0.055327916],
      [4, 0.00314592, 0.111887354],
      [8, 0.006306964, 0.22392053],
      [16, 0.012681628, 0.447849488],
      [32, 0.02682756, 0.94387452],
      [64, 0.09046149, 2.664388025],
    ],
  },
  {
    id: "ept=Y, 100% written, second clear",
    ept: true,
    writePercent: 100,
    timed: "second clear",
    rows: [
      [2, 0.015613726, 0.015771982],
      [4, 0.03145662, 0.031911594],
      [8, 0.063341572, 0.063837403],
      [16, 0.128409332, 0.127484064],
      [32, 0.255635696, 0.268837996],
      [64, 0.695572818, 0.700420727],
    ],
  },
  {
    id: "ept=N, 100% written, dirty",
    ept: false,
    writePercent: 100,
    timed: "dirty",
    rows: [
      [2, 0.37302277, 0.348926043],
      [4, 0.563697483, 0.453022037],
      [8, 1.588492808, 1.52496201],
      [16, 3.988934732, 3.369129917],
      [32, 9.470333115, 8.292953856],
      [64, 20.086419186, 18.531840021],
    ],
  },
  {
    id: "ept=N, 50% written, dirty",
    ept: false,
    writePercent: 50,
    timed: "dirty",
    rows: [
      [2, 0.374301914, 0.174864494],
      [4, 0.539841346, 0.213246828],
      [8, 1.759793717, 0.526697696],
      [16, 3.786053801, 1.338638169],
      [32, 9.603927533, 3.869825083],
      [64, 20.376757135, 9.158492731],
    ],
  },
  {
    id: "ept=N, 5% written, dirty",
    ept: false,
    writePercent: 5,
    timed: "dirty",
    rows: [
      [2, 0.381538968, 0.020396121],
      [4, 0.511922608, 0.022625023],
      [8, 1.464410632, 0.054727913],
      [16, 3.783471041, 0.133412717],
      [32, 9.519432076, 0.390443803],
      [64, 21.052654299, 0.92949671],
    ],
    note: "the heading leaves ept out; the table stands under ept=N",
  },
];
