import type { Command } from "commander";
import { EXIT } from "../../exit.js";
import { prepareOutput } from "../../files/write.js";
import { readResults } from "../../results/read.js";
import { mmusOf } from "../exportOptions.js";
import type { Invocation, Io } from "../io.js";

const HELP = `
The page is one file that needs nothing else: no network, no script or font
from elsewhere. It can be read with scripts off; with them it has tooltips,
sorting, both scales, and strategies can be hidden. Of several results it has
an index.

Examples:
  s2split report run.json --output run.html
  s2split report results/ --output gallery.html`;

/** Adds `s2split report`. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("report")
    .description("Draw results that bench wrote as one self-contained HTML page.")
    .argument("<results...>", "result files, or folders of them")
    .requiredOption("-o, --output <file>", "where the page goes (- is stdout)")
    .addHelpText("after", HELP)
    .action(invocation.action(report));
}

async function report(io: Io, paths: string[], flags: { readonly output: string }): Promise<number> {
  const output = await prepareOutput(flags.output, { stdout: io.stdout, inputs: paths });
  const results = await readResults(paths, io);
  const mmus = await mmusOf(
    results.map(({ result }) => result),
    io.registry,
  );
  const [{ reportPage }, { renderPage }] = await Promise.all([
    import("../../report/html/reportPage.js"),
    import("../../report/html/render.js"),
  ]);
  await output.write(renderPage(await reportPage(results, mmus)));
  return EXIT.fine;
}
