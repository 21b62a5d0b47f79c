import { expect, it } from "vitest";
import type { ColumnValidation } from "../cost/contentionErrors.js";
import type { ContentionTable } from "../cost/published/contentionTable.js";
import type { ContentionValidation } from "../cost/validateContention.js";
import type { ShadowValidation } from "../cost/validateShadow.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { contentionReport, shadowReport } from "./contentionReport.js";

const table = {
  id: "one-2023",
  post: "one",
  title: "A table",
  author: "A. Author",
  date: "2023-01-02",
  messageId: "x",
  machine: "a machine",
  kernel: "6.2",
  command: "a command",
  workload: { text: "all pages written" },
  unit: "s",
  columns: [{ name: "lazy" }, { name: "eager" }, { name: "copy", repeats: "eager" }],
  notKnown: ["the chunk", "the seed"],
  profile: "ampereone",
} as unknown as ContentionTable;
const bare = {
  ...table,
  id: "two",
  date: "",
  machine: null,
  notKnown: [],
  columns: [{ name: "only" }],
} as unknown as ContentionTable;
const column = (
  name: string,
  mix: { readonly broken: number; readonly map: number; readonly relax: number },
  rows: ColumnValidation["rows"],
  more: Partial<ColumnValidation> = {},
  of = table,
): ColumnValidation =>
  ({
    column: { table: of, column: { name, lock: "parallel" }, id: `${of.id}/${name}`, mix, rows: [] },
    profile: "ampereone",
    rows,
    machine: { mean: 1.25, largest: 3.5 },
    twoRows: null,
    firstRow: { mean: 0, largest: 0.04 },
    assumed: [],
    ...more,
  }) as unknown as ColumnValidation;
const row = (vcpus: number, publishedNs: number, modelledNs: number | null, role: "fitted" | "judged") => ({
  vcpus,
  publishedNs,
  modelledNs,
  errorPercent: modelledNs === null ? null : (100 * (modelledNs - publishedNs)) / publishedNs,
  role,
});
const validation: ContentionValidation = {
  columns: [
    column("lazy", { broken: 512.4, map: 0, relax: 261632 }, [
      row(1, 1e9, 1.1e9, "fitted"),
      row(32, 2e9, null, "judged"),
    ]),
    column("eager", { broken: 0, map: 1, relax: 1 }, [row(32, 3e9, 2.9e9, "judged")], { machine: null }),
    column("only", { broken: 0, map: 0, relax: 2 }, [row(2, 5e6, 5e6, "judged")], {}, bare),
  ],
  machines: [
    {
      profile: "ampereone",
      figures: {
        alone: { relax: 700.4, broken: 3000.6 },
        parallel: { serial: 20, broadcast: 400 },
        rwlock: { hold: 900, handOver: 50 },
        spinlock: { hold: 1000, handOver: 60 },
      },
      fitted: { mean: 1, largest: 2, rows: 7 },
      judged: { mean: 3, largest: 4, rows: 5 },
      untold: ["alone.map", "parallel.remote"],
    },
    {
      profile: "thunderx2",
      figures: { alone: {} },
      fitted: { mean: 1.04, largest: 2.06, rows: 1 },
      judged: null,
      untold: [],
    },
  ],
  repeats: [{ a: "a/x", b: "b/x", difference: { mean: 0.5, largest: 1 } }],
  ratios: [
    { table: "one-2023", vcpus: 32, published: 1.5, modelled: 1.456, errorPercent: -2.9 },
    { table: "two", vcpus: 32, published: 2, modelled: 2, errorPercent: 0 },
  ],
  overall: { machine: { mean: 1.25, largest: 3.5 }, twoRows: null, firstRow: { mean: 0, largest: 0.04 } },
  leftOut: { name: "one-2023/lazy", rows: 1, error: null },
} as unknown as ContentionValidation;

it("published tables over vCPUs stand beside the model, then come errors, ratios and machines", () => {
  expect(
    marked(contentionReport(validation, colourStyle(140))),
  ).toBe(`<bold>A. Author, 2023-01-02</>: A table (one-2023)
a command; all pages written
a machine, kernel 6.2; profile ampereone
lazy: 512 faults that break a block, 261,632 faults that make a page writable a vCPU, simulated; lock parallel
eager: 1 faults that map a page, 1 faults that make a page writable a vCPU, simulated; lock parallel
<bold>vCPUs</>    <bold>lazy</>      <bold>modelled</>   <bold>error</>  <bold>row</>      <bold>eager</>  <bold>modelled</>  <bold>error</>  <bold>row</>
    1  1.00 s        1.10 s  +10.0%  fitted
   32  2.00 s  not modelled          judged  3.00 s    2.90 s  -3.3%  judged
  Not known: the chunk; the seed.
  Its column copy is eager, printed twice: shown once.

<bold>A. Author</>: A table (two)
a command; all pages written
machine not named, kernel 6.2; profile ampereone
only: 2 faults that make a page writable a vCPU, simulated; lock parallel
<bold>vCPUs</>     <bold>only</>  <bold>modelled</>  <bold>error</>  <bold>row</>
    2  5.00 ms   5.00 ms   0.0%  judged

<bold>Errors over vCPUs</>
<bold>error, percent: mean / largest</>  <bold>machine's set</>  <bold>rows</>         <bold>two rows</>  <bold>first row</>
one-2023/lazy                       1.3 / 3.5  some fitted      none  0.0 / 0.0
one-2023/eager                           none                   none  0.0 / 0.0
two/only                            1.3 / 3.5  judged           none  0.0 / 0.0
all columns                         1.3 / 3.5                   none  0.0 / 0.0
  machine's set: one set of figures for all tables of a machine. two rows: the column alone, from N = 1 and N = 32; all others are judged.
  first row: serial parts from the machine's other columns, and N = 1; all others are judged. none: nothing else tells them.
  How far two posts of the same test are apart (mean / largest, percent); closer than this means nothing:
    a/x against b/x: 0.5 / 1.0
  Lazy over eager at 32 vCPUs:
    one-2023: 1.50 published, 1.46 modelled (-2.9%)
    two: 2.00 published, 2.00 modelled (0.0%)

<bold>Machines, ns (modelled)</>
  ampereone: alone relax 700, break 3001; parallel serial 20, broadcast 400; rwlock hold 900, hand-over 50; spinlock hold 1000, hand-over 60; 7 rows fitted 1.0 / 2.0, 5 judged 3.0 / 4.0; no row tells alone.map, parallel.remote
  thunderx2: ; 1 rows fitted 1.0 / 2.1
  Left out and judged: one-2023/lazy, 1 row: not modelled by what is left`);
});

it("what is not there is not told: no machine, no repeats, no ratios", () => {
  const least = { ...validation, columns: validation.columns.slice(2), machines: [], repeats: [], ratios: [] };
  expect(marked(contentionReport(least, colourStyle(140)))).toBe(`<bold>A. Author</>: A table (two)
a command; all pages written
machine not named, kernel 6.2; profile ampereone
only: 2 faults that make a page writable a vCPU, simulated; lock parallel
<bold>vCPUs</>     <bold>only</>  <bold>modelled</>  <bold>error</>  <bold>row</>
    2  5.00 ms   5.00 ms   0.0%  judged

<bold>Errors over vCPUs</>
<bold>error, percent: mean / largest</>  <bold>machine's set</>  <bold>rows</>    <bold>two rows</>  <bold>first row</>
two/only                            1.3 / 3.5  judged      none  0.0 / 0.0
all columns                         1.3 / 3.5              none  0.0 / 0.0
  machine's set: one set of figures for all tables of a machine. two rows: the column alone, from N = 1 and N = 32; all others are judged.
  first row: serial parts from the machine's other columns, and N = 1; all others are judged. none: nothing else tells them.`);
});

it("rows left out are judged where the rest tells them", () => {
  const leftOut = { name: "two", rows: 2, error: { mean: 4, largest: 5.55 } };
  const text = contentionReport({ ...validation, leftOut }, colourStyle(140));
  expect(text.split("\n").at(-1)).toBe("  Left out and judged: two, 2 rows: mean / largest error 4.0 / 5.5 percent");
  expect(contentionReport({ ...validation, leftOut: null }, colourStyle(140))).not.toContain("Left out");
});

it("the shadow MMU's tables are described, with what is not modelled and why", () => {
  const set = {
    name: "a set",
    c0: 100.4,
    g: 20.6,
    zLazy: 3000,
    zEager: 400.5,
    columns: [{ name: "lazy", faultsPerVcpu: 1234.5, rows: [], error: { mean: 1, largest: 2 } }],
    error: { mean: 3, largest: 4 },
    beyond: { mean: 5, largest: 6 },
  };
  const shadow: ShadowValidation = {
    sets: [set, { ...set, name: "no eager", zEager: null, columns: [] }],
    notModelled: [{ what: "a table", why: "no counts" }],
  };
  expect(
    marked(shadowReport(shadow, colourStyle())),
  ).toBe(`<bold>David Matlack, 2022-03-11</>: [PATCH v2 00/26] Extend Eager Page Splitting to the shadow MMU (x86 shadow MMU)
<yellow>A description, without explanation: a hold of c0 + g log2(vCPUs). A constant hold errs by up to 75%. Predict nothing from it.</>
  a set: c0 100 ns, g 21 ns, rest of a fault 3000 ns lazy, 401 ns eager: 3.0 / 4.0 percent, all fitted; fitted up to 16 vCPUs, judged beyond: 5.0 / 6.0
    lazy, 1,235 faults a vCPU (derived): 1.0 / 2.0
  no eager: c0 100 ns, g 21 ns, rest of a fault 3000 ns lazy: 3.0 / 4.0 percent, all fitted; fitted up to 16 vCPUs, judged beyond: 5.0 / 6.0
  Not modelled: a table: no counts.`);
});
