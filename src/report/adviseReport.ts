import type { Advice, AdviceRequest } from "../advise/advise.js";
import { bytesOf, granuleOf } from "../advise/guest.js";
import type { Recommendation } from "../advise/recommend.js";
import type { AdviceRow } from "../advise/row.js";
import { formatSize } from "../guest/sizes.js";
import { recommendation } from "./adviseWords.js";
import { columnsOf } from "./columns.js";
import { verdict } from "./findings.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatCount, formatNs } from "./units.js";
import { unpricedNote } from "./validateReport.js";
import { wrapLines } from "./wrapLines.js";

/** The advice as it is printed, part by part: each mode's as soon as it is known. */
export interface AdviseText {
  readonly heading: string;
  /** Of one mode: its table and what to set. */
  readonly mode: (advice: Advice, wins: ReadonlyMap<Recommendation, readonly number[]>) => string;
  /** Of all modes together: prices a unit, and what to know. */
  readonly end: (advice: Advice) => string;
}

export function adviseText(request: AdviceRequest, guestText: string, style: Style): AdviseText {
  const wrapped = (text: string) => `${wrapLines(text, style)}\n\n`;
  return {
    heading: wrapped(heading(request, guestText, style)),
    mode: (advice, wins) =>
      wrapped(
        [
          table(advice, request, style),
          ...advice.recommendations.map((one) => recommendation(one, advice, request, wins.get(one), style)),
        ].join("\n"),
      ),
    end: (advice) => `${wrapped(perUnit(advice, style))}${wrapLines(notes(advice, request, style), style)}\n`,
  };
}

function heading(request: AdviceRequest, guestText: string, style: Style): string {
  const { vcpus, writePercent, maxLockHoldNs, maxGuestStallNs, profile } = request;
  const limits = [
    maxLockHoldNs === null ? "" : `; lock hold at most ${formatNs(maxLockHoldNs)}`,
    maxGuestStallNs === null ? "" : `; guest stall at most ${formatNs(maxGuestStallNs)}`,
  ].join("");
  return [
    style.chalk.bold(`${guestText}: ${formatSize(bytesOf(request.guest))}, ${granuleOf(request.guest)} granule`),
    `${vcpus} ${vcpus === 1 ? "vCPU" : "vCPUs"}, ${writePercent}% of accesses are writes${limits}. ` +
      `Times are modelled with profile ${profile.name}; all else is counted.`,
  ].join("\n");
}

function table(advice: Advice, request: AdviceRequest, style: Style): string {
  const several = request.strategies.length > 1;
  const recommended = new Set(advice.recommendations.map((one) => `${one.strategy} ${one.chunk}`));
  const { mode } = advice.rows[0]!;
  const rows = advice.rows.map((row) => {
    const isChosen = recommended.has(`${row.strategy} ${row.chunk}`);
    const { guest, stall } = row;
    const about = row.sampled === null ? "" : "~";
    const drawn = guest?.sampled === true ? "~" : "";
    const mark = isChosen ? style.chalk.green("<- recommended") : "";
    const limited = (text: string, within: boolean) => (within ? text : style.chalk.yellow(`${text} !`));
    return [
      ...(several ? [row.strategy] : []),
      row.chunk === "0" ? "off" : row.chunk,
      mode === "enable" ? `${about}${formatNs(row.enableNs)}` : `${about}${formatNs(row.firstClearNs!)}`,
      limited(formatNs(row.longestHold.ns), row.withinLockHold),
      stall === null ? "-" : limited(formatNs(stall.longestNs), row.withinGuestStall),
      formatNs(row.longestStretch.ns),
      row.cacheBytes === 0 ? "0" : formatSize(row.cacheBytes),
      `${about}${formatCount(row.ioctlTlbis)}`,
      guest === null ? "-" : formatCount(guest.tlbis),
      guest === null ? "-" : `${drawn}${formatCount(guest.faults)}`,
      guest === null ? "-" : formatNs(guest.elapsedNs),
      row.findings.length === 0 ? mark : style.chalk.red(`WRONG: ${verdict(row.findings)}`),
    ];
  });
  return grid(
    columnsOf(
      several ? ["strategy"] : [],
      [
        "chunk",
        mode === "enable" ? "enable" : "1st clear",
        "lock hold",
        "guest stall",
        "stretch",
        "cache",
        "TLBIs, ioctl",
        "TLBIs, guest",
        "guest faults",
        "1st pass",
      ],
      [""],
    ),
    rows,
    style,
    several ? 2 : 1,
  );
}

function perUnit(advice: Advice, style: Style): string {
  const perGiB = (ns: number) => formatNs((ns * 2 ** 30) / advice.guestBytes);
  const chosen = advice.rows.filter(
    (row) =>
      row.chunk === "0" ||
      advice.recommendations.some(
        (one) => one.mode === row.mode && one.chunk === row.chunk && one.strategy === row.strategy,
      ),
  );
  const several = new Set(advice.rows.map((row) => row.strategy)).size > 1;
  const rows = chosen.map((row) => [
    `${several ? `${row.strategy}, ` : ""}${row.mode}, ${row.chunk === "0" ? "off" : `chunk ${row.chunk}`}`,
    perGiB(row.enableNs),
    row.firstClearNs === null ? "-" : perGiB(row.firstClearNs),
    formatNs(row.lockedNsPerGiB),
    row.stall === null ? "-" : formatNs(row.stall.longestNs),
    row.guest === null || row.guest.writes === 0 ? "-" : formatNs(row.guest.vcpuNs / row.guest.writes),
    formatNs(advice.redirtyNs),
  ]);
  return [
    style.chalk.bold("Per unit (modelled)"),
    grid(
      columnsOf(
        [""],
        ["start, a GiB", "1st clear, a GiB", "lock held, a GiB", "guest stall", "a page first written", "re-dirtied"],
      ),
      rows,
      style,
    ),
  ].join("\n");
}

function notes(advice: Advice, request: AdviceRequest, style: Style): string {
  const lines = [
    "enable, 1st clear: what the VMM waits for in the ioctl. 1st pass: what the guest's vCPUs lose to faults " +
      "while every page is accessed " +
      "once, after enabling (enable mode) or the first clear (clear mode); each vCPU's time, all at once.",
    "TLBIs are broadcasts: by the ioctl's thread, and by vCPUs that fault. cache: memory for tables, topped up " +
      "before each chunk.",
    "lock hold: the longest from taking mmu_lock, or retaking it after a top-up of the page cache, to the next " +
      "such drop or the release. " +
      "stretch: the longest between points where the kernel drops it if a reschedule is due (before a chunk; " +
      "between write-protect " +
      "steps); a lazy clear has no such point.",
    "guest stall: the longest that one fault waits for mmu_lock while the ioctl runs and all vCPUs fault " +
      "(simulated; the kernel does not " +
      "drop the lock early). " +
      (advice.rows.every((row) => row.stall === null)
        ? noStall(request)
        : `Faults take the lock as Linux ${LOCK_KERNELS[request.lock]} does (${request.lock}).`),
    request.clearPerRegion
      ? "clear: one KVM_CLEAR_DIRTY_LOG for each GiB, as QEMU does; --clear-size slot for one for each memslot."
      : "clear: one KVM_CLEAR_DIRTY_LOG for each memslot, as dirty_log_perf_test does.",
    "With manual protect starting costs nothing, and the work comes with the first clear. With the dirty ring " +
      "there is no clear and QEMU sets " +
      "no manual protect: the enable rows hold. A pKVM host does not offer eager splitting (since 7.3): off is " +
      "all it has.",
  ];
  const { guest } = request;
  const hasHoles =
    guest.kind === "scenario" &&
    guest.scenario.memslots.some((slot) => slot.segments.some((segment) => segment.map === "hole"));
  if (hasHoles) lines.push("Holes are not accessed.");
  for (const { id, knownFaults } of request.strategies) {
    if (knownFaults.length > 0) lines.push(style.chalk.yellow(`${id} has known faults: ${knownFaults.join("; ")}`));
  }
  if (advice.rows.some((row) => row.scaled)) {
    lines.push(
      "Counts are exact: 3 GiB were simulated; the third adds just what the second did, and so does each further one.",
    );
  }
  const sampled = advice.rows.flatMap((row) => row.sampled ?? []);
  if (sampled.length > 0) {
    const [{ regions, of }] = sampled as [(typeof sampled)[number]];
    const error = Math.max(...sampled.map((one) => one.errorPercent));
    lines.push(
      `~ estimated: ${regions} of ${formatCount(of)} regions of 1 GiB were simulated, and stand for all; times ` +
        "of ioctls are within " +
        `${error.toFixed(1)}% of the whole guest's (95%).`,
    );
  }
  if (advice.rows.some((row) => row.guest?.sampled === true)) {
    lines.push(
      "~ estimated: the draws of reads and writes were made for a part of the memory and taken to be alike elsewhere.",
    );
  }
  if (advice.restsOnAssumptions) {
    lines.push(
      style.chalk.yellow(
        `Modelled times rest on assumed figures of ${advice.profile} (s2split list profiles --long); calibrate a ` +
          "profile for your machine.",
      ),
    );
  }
  lines.push(...unpricedNote(advice.unpriced, advice.profile));
  return lines.join("\n");
}

function noStall({ profile, lock }: AdviceRequest): string {
  return profile.contention?.[lock] === undefined
    ? `Profile ${profile.name} has no figures of faults under lock ${lock}: vCPUs that wait for each other are not ` +
        "in the 1st pass either."
    : "Here nothing faults.";
}

const LOCK_KERNELS = { spinlock: "until 5.17", rwlock: "5.18 to 6.1", parallel: "6.2 and later" } as const;

/** For --json: the advice with what was asked. */
export function adviceJson(advice: Advice, request: AdviceRequest, guestText: string): unknown {
  const { vcpus, writePercent, maxLockHoldNs, maxGuestStallNs, lock, clearPerRegion, seed } = request;
  return {
    schemaVersion: 1,
    kind: "s2split-advice",
    guest: { text: guestText, bytes: advice.guestBytes, granule: granuleOf(request.guest) },
    request: {
      vcpus,
      writePercent,
      maxLockHoldNs,
      maxGuestStallNs,
      lock,
      clearSize: clearPerRegion ? "1G" : "slot",
      seed,
    },
    profile: advice.profile,
    restsOnAssumptions: advice.restsOnAssumptions,
    unpriced: advice.unpriced,
    redirtyNs: advice.redirtyNs,
    rows: advice.rows satisfies readonly AdviceRow[],
    recommendations: advice.recommendations.map((one) => ({
      ...one,
      qemu: one.mode === "clear" && one.chunk !== null ? `-accel kvm,eager-split-size=${one.chunk}` : null,
    })),
  };
}
