import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../testing/inProcess.js";
import { temporaryFolder } from "../testing/temporaryFolder.js";

/** A folder with what some of the command lines below name. */
function workplace(): string {
  const folder = temporaryFolder();
  // More VMs than a message names.
  for (let vm = 1; vm <= 22; vm++) {
    mkdirSync(join(folder, "vms", `${vm}-7`), { recursive: true });
    writeFileSync(join(folder, "vms", `${vm}-7`, "stage2_page_tables"), "");
  }
  for (const name of ["empty", "dbg"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "dbg", "stage2_page_tables"), "");
  writeFileSync(join(folder, "dbg", "ipa_range"), "4x");
  writeFileSync(join(folder, "l2.txt"), "");
  return folder;
}

/** A command line, and the one line that is all that is said to it. */
const REFUSED: readonly (readonly [line: string, message: string])[] = [
  ["run -b 65G -v 2 -s 4k", "the guest's memory: 130 GiB; expected at most 128G in all"],
  ["run -b 129G -s 4k", "the guest's memory: 129 GiB; expected at most 128G in all"],
  ["run -b 512G", "the guest's memory: 512 GiB; expected at most 128G in all"],
  ["run --mmu riscv -b 33G -v 2", "the guest's memory: 66 GiB; expected at most 64G in all"],
  ["run -m 6 --ipa-bits 40", "-m with --ipa-bits: the guest mode gives the IPA width; expected one or the other"],
  ["run --scenario x.json -b 1G", "-b with --scenario: the file gives the guest; expected one or the other"],
  [
    "run --scenario x.json --ipa-bits 40",
    "--ipa-bits with --scenario: the file gives the guest; expected one or the other",
  ],
  [
    "run --scenario x.json --thp-coverage 1",
    "--thp-coverage with --scenario: the file gives the guest; expected one or the other",
  ],
  ["run --scenario x86-zap-hello", "x86-zap-hello: is for x86-tdp; expected an arm64 scenario"],
  ["run --profile x86-tdp", "--profile x86-tdp: prices x86-tdp; expected a profile of arm64"],
  ["run --mmu riscv --bbm 2", "--bbm with --mmu riscv: it is of arm64; expected it only there"],
  ["run --mmu riscv --scenario x", "--scenario with --mmu riscv: it is of arm64; expected it only there"],
  ["run --mmu riscv --profile ampereone", "--profile with --mmu riscv: it is of arm64; expected it only there"],
  ["run --mmu riscv --ipa-bits 40", "--ipa-bits with --mmu riscv: it is of arm64; expected it only there"],
  ["run --mmu x86-tdp", "--mmu x86-tdp: has no guests that fault; expected arm64, riscv"],
  ["run --mmu vax", 'MMU "vax": unknown; expected one of arm64, x86-tdp, x86-shadow, riscv'],
  ["run --svvptc on", "--svvptc with --mmu arm64: it is of riscv; expected it only there"],
  ["run -b 128G --chunk 3M", 'chunk "3M": the 4K granule has no such chunk size; expected 0 (off), 4K, 2M or 1G'],
  [
    "run --mmu riscv -s anonymous_hugetlb_1gb -b 64G --strategy nope",
    'strategy "nope": unknown; expected one of all, baseline, posted-v1, posted-v4, skip-holes, ' +
      "split-if-huge, table-walk",
  ],
  ["run --scenario x.json -x 1", "-x with --scenario: the file gives the guest; expected one or the other"],
  ["run --scenario x.json -s 4k", "-s with --scenario: the file gives the guest; expected one or the other"],
  ["run --scenario x.json -p 1G", "-p with --scenario: the file gives the guest; expected one or the other"],
  ["run --scenario x.json -m 6", "-m with --scenario: the file gives the guest; expected one or the other"],
  [
    "run --scenario x.json --granule 4K",
    "--granule with --scenario: the file gives the guest; expected one or the other",
  ],
  ["run --mmu riscv -m 6", "-m with --mmu riscv: it is of arm64; expected it only there"],
  ["run --mmu riscv --granule 4K", "--granule with --mmu riscv: it is of arm64; expected it only there"],
  ["run --mmu riscv --chunk 0", "--chunk with --mmu riscv: it is of arm64; expected it only there"],
  ["run --mmu riscv --fault-lock 6.1", "--fault-lock with --mmu riscv: it is of arm64; expected it only there"],
  ["advise", "no guest given; expected --backing with --memory, --scenario FILE, or --stats FILE"],
  [
    "advise --stats x --memory 1G",
    "--stats with --backing, --memory or --scenario: the file gives the guest; expected one of them",
  ],
  ["advise --stats x --granule 16K", "--granule 16K: not that of --stats; expected 4K"],
  [
    "advise --scenario x --memory 1G",
    "--scenario with --backing or --memory: the file gives the guest; expected one or the other",
  ],
  ["advise --scenario x86-zap-hello", "scenario x86-zap-hello: is for x86-tdp; expected a scenario of arm64"],
  ["advise --profile x86-tdp -s thp", "--profile x86-tdp: prices x86-tdp; expected a profile of arm64"],
  ["advise -s thp -b 1000", "--memory 1000: not a whole number of pages; expected a multiple of 4K, at least one"],
  ["advise -s thp -b 0", "--memory 0: not a whole number of pages; expected a multiple of 4K, at least one"],
  [
    "advise -s thp --chunk 64K",
    "--chunk 64K: the 4K granule has no such chunk size: KVM_ENABLE_CAP answers EINVAL, and QEMU's " +
      'eager-split-size stops with "Eager Page Split requested chunk size not valid"; expected 4K or 2M or ' +
      "1G",
  ],
  [
    "advise -s thp --strategy baselin",
    'strategy "baselin": unknown, did you mean "baseline"?; expected one of baseline, skip-return-rfc, ' +
      "skip-return, page-block-flags, max-level, skip-new-table-naive, skip-new-table, skip-level, " +
      "split-mark",
  ],
  [
    "advise --stats x -s thp",
    "--stats with --backing, --memory or --scenario: the file gives the guest; expected one of them",
  ],
  [
    "advise --stats x --scenario y",
    "--stats with --backing, --memory or --scenario: the file gives the guest; expected one of them",
  ],
  [
    "advise --scenario x -s thp",
    "--scenario with --backing or --memory: the file gives the guest; expected one or the other",
  ],
  ["advise -s thp --memory 6K", "--memory 6K: not a whole number of pages; expected a multiple of 4K, at least one"],
  ["import-layout", "import-layout: nothing to read; expected one of a dump and --smaps FILE"],
  ["import-layout a --smaps b", "import-layout: a dump and --smaps; expected one of a dump and --smaps FILE"],
  [
    "import-layout --smaps b --memslot 0:1G",
    "--memslot: not for --smaps, which has no guest addresses; expected --vma ADDRESS",
  ],
  ["import-layout a --vma 0x1000", "--vma and --min-size: only for --smaps; expected --memslot BASE:SIZE"],
  ["import-layout a --min-size 1M", "--vma and --min-size: only for --smaps; expected --memslot BASE:SIZE"],
  [
    "import-layout vms",
    "vms: the folder of all VMs (PID-FD): 1-7, 2-7, 3-7, 4-7, 5-7, 6-7, 7-7, 8-7, 9-7, 10-7, 11-7, 12-7, " +
      "13-7, 14-7, 15-7, 16-7, 17-7, 18-7, 19-7, 20-7 and 2 more; expected the folder of one: vms/1-7",
  ],
  [
    "import-layout empty",
    "empty: no stage2_page_tables in this folder, and no VMs; expected a stage2_page_tables file of " +
      "debugfs, or the folder that has it",
  ],
  ["import-layout dbg", 'dbg/ipa_range: "4x" is not a number; expected a number of one or two digits'],
  ["merge nothing.json", "nothing.json: no such file; expected a share of an exhaustive search"],
  ["merge --export-csv x.csv --json --export-json -", "missing required argument 'files'"],
  ["report nothing.json --output x.html", "nothing.json: no such file; expected a result file, or a folder of them"],
  ["report x --output -", "x: no such file; expected a result file, or a folder of them"],
  ["report nothing.json", "required option '-o, --output <file>' not specified"],
  ["new-strategy all", 'name "all": is that of a built-in strategy; expected a name of its own'],
  ["new-strategy baseline", 'name "baseline": is that of a built-in strategy; expected a name of its own'],
  [
    "new-strategy a/b",
    'name "a/b": cannot be the name of a strategy; expected letters, digits, dots and dashes, at most 64',
  ],
  ["new-strategy -x", "unknown option '-x'"],
  [
    `new-strategy ${"a".repeat(65)}`,
    'name "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...": cannot be the name of a strategy; expected letters, digits, dots and dashes, at most 64',
  ],
  [
    "new-strategy mine --mmu vax",
    "option '--mmu <name>' argument 'vax' is invalid. Allowed choices are arm64, x86-tdp, x86-shadow, " + "riscv.",
  ],
  [
    "calibrate --name a/b x",
    '--name "a/b": not a profile name; expected letters, digits, dot, dash and underscore, at most 40',
  ],
  [
    "calibrate --costs foo x",
    'cost "foo": unknown, did you mean "loop"?; expected one of writeProtectVisit, splitVisit, ' +
      "splitVisitNewTable, nestedEntry, mapVisit, relaxVisit, freeVisit, inspect, writeProtectStore, " +
      "splitStore, nestedStore, faultStore, tableAlloc, tableZero, tlbiBroadcast, tlbiLocal, tlbiRange, " +
      "flush, fault, exit, cacheMaintenance, guestAccess, walk, closingDsb, range, lockDrop, ioctl, " +
      "enableIoctl, fixed, splitFixed, loop, tableSplit",
  ],
  ["calibrate x --output l2.txt", "l2.txt: is there already; expected another --output, or --force"],
  [
    `calibrate --name ${"a".repeat(41)} x`,
    `--name "${"a".repeat(41)}": not a profile name; expected letters, digits, dot, dash and underscore, at most 40`,
  ],
  [
    "validate --leave-out foo --profile ampereone",
    "--leave-out with measured results or --profile: nothing is fitted then; expected it alone",
  ],
  [
    "validate --table x --leave-out foo",
    "--table with measured results or --leave-out: they are judged apart; expected one of them",
  ],
  ["validate --table x y", "--table with measured results or --leave-out: they are judged apart; expected one of them"],
  ["validate --profile x86-tdp", "--profile x86-tdp: prices x86-tdp; expected a profile of arm64"],
  ["compare a b", "a: no such file; expected a result file, or a folder of them"],
  ["import --command ls x", '--command "ls": not a command of the selftest; expected "dirty_log_perf_test OPTIONS"'],
  ["import x", "x: no such file; expected output of dirty_log_perf_test"],
  ["measure --output - -- ls", "--output -: raw output needs a place beside the result; expected a file"],
  [
    "list wishes",
    "command-argument value 'wishes' is invalid for argument 'what'. Allowed choices are strategies, " +
      "scenarios, backings, profiles.",
  ],
  ["completion", "missing required argument 'shell'"],
  [
    "help nonsense",
    'command "nonsense": unknown; expected one of bench, verify, trace, reproduce, run, advise, ' +
      "validate, measure, import, calibrate, import-layout, compare, merge, noise, report, list, " +
      "completion, new-strategy",
  ],
  ["nonsense", "unknown command 'nonsense'"],
  [
    "bench --no-wall --workload zap --mmu x86-shadow",
    "--workload zap: x86-shadow has no such workload; expected split",
  ],
  ["bench --no-wall --workload zap", "--workload zap: arm64 has no such workload; expected split, enable or clear"],
  [
    "bench --no-wall --workload zap --mmu riscv",
    "--workload zap: riscv has no such workload; expected split, enable or clear",
  ],
  [
    "bench --no-wall --mmu x86-shadow,riscv --granule 4K",
    "--granule with --mmu x86-shadow,riscv: it is of arm64; expected it only there",
  ],
  [
    "bench --no-wall --mmu x86-tdp --workload split --pml on",
    "--pml with --workload split: it is of enable and clear; expected it only there",
  ],
  [
    "bench --no-wall --scenario holes --workload split",
    "--workload with --scenario: the file gives it; expected one or the other",
  ],
  [
    "bench --no-wall --scenario holes --mmu arm64",
    "--mmu with --scenario: the file gives the guest; expected one or the other",
  ],
  [
    "bench --no-wall --scenario x86-zap-hello --dsb per-call",
    "--dsb with --scenario: no file that it varies is given; expected it without x86-tdp",
  ],
  [
    "bench --no-wall --scenario x86-zap-hello x86-shadow-one-per-page --dsb per-call",
    "--dsb with --scenario: no file that it varies is given; expected it without x86-tdp and x86-shadow",
  ],
  ["bench --jobs 2 -s thp", "--jobs 2: threads would disturb what is timed; expected --no-wall with it"],
  ["bench --runs 6 --time 1", "--runs with --time: both say how many samples; expected one"],
  [
    "bench --no-wall --strategy baseline --strategy skip-not-present --mmu x86-tdp --workload split",
    'strategy "skip-not-present": applies to no case of the plan; expected strategies that these ' + "workloads use",
  ],
  ["bench --export-json - --export-csv -", "standard output: is given to both json and csv; expected a file for each"],
  ["bench --mmu vax", 'MMU "vax": unknown; expected one of arm64, x86-tdp, x86-shadow, riscv'],
  ["bench --holes 4", "unknown option '--holes'"],
  [
    "reproduce --backing 4k,thp",
    "reproduce: the options make 2 scenarios; expected one (one MMU, backing, mode and chunk)",
  ],
  ["trace -s 4k,thp", "trace: the options make 2 scenarios; expected one (one MMU, backing, mode and chunk)"],
  ["trace --strategy all -s thp -b 4M", 'strategy "all": names several; expected one strategy'],
  [
    "trace --mmu x86-tdp --workload split --strategy skip-not-present",
    'strategy "skip-not-present": does not apply to split; expected one that does',
  ],
  [
    "trace --phase nestled -s 4k -b 4M",
    "--phase nestled: no such phase here; expected split, write-protect, nested, all",
  ],
  ["trace --format x -s thp -b 4M", "--format x: no such format here; expected casemate"],
  ["trace --format x --mmu x86-tdp", "--format x: no such format here; expected no --format: KVM/x86 TDP MMU has none"],
  [
    "trace --format casemate --json -s thp -b 4M",
    "--json: has no meaning with --format casemate; expected one of them",
  ],
  [
    "trace --format casemate --limit 3 -s thp -b 4M",
    "--limit: has no meaning with --format casemate; expected one of them",
  ],
  [
    "trace --format casemate --against baseline -s thp -b 4M",
    "--against: has no meaning with --format casemate; expected one of them",
  ],
  [
    "trace --format casemate --phase split -s thp -b 4M",
    "--phase: has no meaning with --format casemate; expected one of them",
  ],
  ["trace --mmu x86-tdp,arm64", "trace: the options make 2 scenarios; expected one (one MMU, backing, mode and chunk)"],
  [
    "verify --interleave --bound small",
    "--bound without --exhaustive: only that search takes it; expected both or neither",
  ],
  [
    "verify --interleave --shard 1/2",
    "--shard without --exhaustive: only that search takes it; expected both or neither",
  ],
  ["verify --bound small", "--bound without --exhaustive: only that search takes it; expected both or neither"],
  ["verify --shard 1/2", "--shard without --exhaustive: only that search takes it; expected both or neither"],
  ["verify --jobs 2", "--jobs without --exhaustive: only that search takes it; expected both or neither"],
  [
    "verify --export-json x.json",
    "--export-json without --exhaustive or --interleave: only that search takes it; expected both or " + "neither",
  ],
  ["verify --actions 1", "--actions without --interleave: only that search takes it; expected both or neither"],
  [
    "verify --dirty-tracking faults",
    "--dirty-tracking without --interleave: only that search takes it; expected both or neither",
  ],
  ["verify --exhaustive --random 5", "--exhaustive with --random or --scenario: expected one of them"],
  ["verify --exhaustive --scenario holes", "--exhaustive with --random or --scenario: expected one of them"],
  [
    "verify --exhaustive --mmu arm64,riscv",
    "--exhaustive with --mmu arm64,riscv: each MMU has a bound of its own; expected one of them",
  ],
  [
    "verify --interleave --mmu arm64,riscv",
    "--interleave with --mmu arm64,riscv: each MMU has a bound of its own; expected one",
  ],
  [
    "verify --interleave --mmu x86-shadow",
    "--interleave: KVM/x86 shadow MMU (nested guests) has no other parties; expected --random N or " +
      "--scenario FILE",
  ],
  [
    "verify --save x.json",
    "--save without --random or --exhaustive: given scenarios are not shrunk; expected one of them",
  ],
  ["verify --random 5 --scenario holes", "--random with --scenario: expected one or the other"],
];

it.each(REFUSED)("s2split %s: is refused in one line, and nothing is done", async (line, message) => {
  expect(await run(line.split(" "), { cwd: workplace() })).toEqual({
    code: 2,
    stdout: "",
    stderr: `s2split: ${message}\n`,
  });
});
