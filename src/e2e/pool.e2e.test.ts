import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Tinypool } from "tinypool";
import { describe, expect, it, vi } from "vitest";
import type { Cell } from "../bench/pool.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Mmu, RunOutcome, Strategy } from "../mmu/contract.js";
import { ROOT, s2split } from "./cli.js";

/** The built module: worker threads load JavaScript. */
const { runCells } = (await import(pathToFileURL(join(ROOT, "dist", "bench", "pool.js")).href)) as {
  runCells: (cells: readonly Cell[], jobs: number) => AsyncGenerator<RunOutcome>;
};

const mmu: Mmu = arm64;
/** Small cases after large ones, so that with threads the last are done first. */
const cases = ["64M", "16M", "2M", "64K"].flatMap((size) =>
  ["4K", "2M"].map((map) =>
    mmu.parse(
      {
        granule: "4K",
        ipaBits: 40,
        memslots: [{ base: "0x40000000", segments: [{ map, size }] }],
        dirtyLog: { mode: "enable", chunk: "1G" },
      },
      "case",
    ),
  ),
);
const cells: Cell[] = cases.flatMap((bound) => mmu.strategies.map((strategy) => ({ bound, strategy })));

async function all(generator: AsyncGenerator<RunOutcome>): Promise<RunOutcome[]> {
  const outcomes: RunOutcome[] = [];
  for await (const outcome of generator) outcomes.push(outcome);
  return outcomes;
}

describe("cells in worker threads", () => {
  it("give what one thread gives, in the order of the cells, byte for byte", async () => {
    const expected = JSON.stringify(cells.map((cell) => cell.bound.run(cell.strategy)));
    expect(JSON.stringify(await all(runCells(cells, 1)))).toBe(expected);
    expect(JSON.stringify(await all(runCells(cells, 2)))).toBe(expected);
    expect(JSON.stringify(await all(runCells(cells, 7)))).toBe(expected);
  });

  it("leave custom strategies to the thread that has their code", async () => {
    const seen: string[] = [];
    const exported = {
      id: "mine",
      enter: () => {
        if (seen.length === 0) seen.push("asked");
        return true;
      },
    };
    const own = mmu.adoptStrategy(exported, "mine.mjs");
    const mixed = cells.slice(0, 4).toSpliced(1, 0, { ...cells[0]!, strategy: own });
    const outcomes = await all(runCells(mixed, 2));
    expect(outcomes).toHaveLength(5);
    expect(outcomes[1]!.counts.split).toEqual(outcomes[0]!.counts.split);
    expect(seen).toEqual(["asked"]);
  });

  it("say what failed in a thread, where its outcome would have been", async () => {
    const unknown: Strategy = { ...mmu.strategies[0]!, id: "no-such-strategy" };
    const failing = [cells[0]!, { ...cells[1]!, strategy: unknown }, cells[2]!];
    const outcomes = runCells(failing, 2);
    expect((await outcomes.next()).value).toEqual(cells[0]!.bound.run(cells[0]!.strategy));
    await expect(outcomes.next()).rejects.toThrow('arm64 has no built-in strategy "no-such-strategy"');
    expect((await outcomes.next()).done).toBe(true);
  });

  it("end when nobody wants more outcomes", async () => {
    const destroy = vi.spyOn(Tinypool.prototype, "destroy");
    let taken = 0;
    for await (const _ of runCells(cells, 2)) {
      if (++taken === 2) break;
    }
    expect(taken).toBe(2);
    expect(destroy).toHaveBeenCalledOnce();
    destroy.mockRestore();
  });

  it("make no difference to what bench prints", async () => {
    const args = ["bench", "--no-wall", "--backing", "4k,thp", "--memory", "64M", "--mode", "both"];
    const one = await s2split(args);
    expect(one.code).toBe(0);
    expect(await s2split([...args, "--jobs", "3"])).toEqual(one);
  });

  it("are refused while wall time is measured", async () => {
    const { code, stdout, stderr } = await s2split(["bench", "--jobs", "2", "--memory", "64M"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("--no-wall");
  });
});
