import { describe, expect, it } from "vitest";
import { run } from "../testing/inProcess.js";

const args = ["run", "-s", "anonymous_thp", "-b", "2M", "-v", "8", "--chunk", "0", "--json"];

describe("run --fault-lock", () => {
  it("prices faults of guests under the lock that a kernel takes, and nothing else", async () => {
    const [parallel, rwlock] = await Promise.all(
      ["6.2", "6.1"].map(async (lock) => {
        const { stdout, stderr } = await run([...args, "--profile", "upton-2022", "--fault-lock", lock]);
        expect(stderr).toBe("");
        return JSON.parse(stdout).runs[0];
      }),
    );
    expect(rwlock.steps).toEqual(parallel.steps);
    expect(rwlock.modelled.totalsNs.guest).toBeGreaterThan(2 * parallel.modelled.totalsNs.guest);
    expect(rwlock.modelled.totalsNs.ioctl).toBe(parallel.modelled.totalsNs.ioctl);
  });

  it.each([
    [["--fault-lock", "6.1"], "--fault-lock without --profile: only modelled times depend on it"],
    [["--profile", "ampereone", "--fault-lock", "spinlock"], "profile ampereone has no figures for spinlock"],
    [["--profile", "upton-2022", "--fault-lock", "mutex"], '--fault-lock "mutex": unknown; expected spinlock, rwlock'],
    [["--mmu", "riscv", "--fault-lock", "6.1"], "--fault-lock with --mmu riscv: it is of arm64"],
  ])("refuses %j in one line", async (given, message) => {
    const { code, stdout, stderr } = await run([...(given[0] === "--mmu" ? ["run"] : args), ...given]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
