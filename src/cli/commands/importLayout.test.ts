import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";

const SMAPS = new URL("../../testing/fixtures/smaps/one-mapping.txt", import.meta.url);

it.each(["0xf0007f9d6d400000", "f0007f9d6d400000", "0x1007f9d6d400000"])(
  "import-layout finds the mapping at %s, of a process with addresses of 57 bits",
  async (vma) => {
    const high = vma.replace(/^0x/, "").slice(0, -8);
    const stdin = readFileSync(SMAPS, "utf8").replaceAll("7f9d6d400000", `${high}6d400000`);
    const text = stdin.replace("7f9d8d400000", `${high}8d400000`);
    const { code, stderr } = await run(["import-layout", "--smaps", "-", "--vma", vma], { stdin: text });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`note: 0x${high}6d400000 512M anonymous: 256M in 2M`)]);
  },
);
