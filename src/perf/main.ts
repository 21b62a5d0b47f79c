import { parseArgs } from "node:util";
import { environmentHere } from "../bench/environment.js";
import { UserError } from "../errors.js";
import { arm64Cases } from "./arm64Cases.js";
import { measureCase } from "./measure.js";
import { CASE_HEADING, caseLine, SCALE_HEADING, scaleLine, startupLines } from "./report.js";
import { measureScale, SCALE_SIZES, scaleCases } from "./scale.js";
import { measureStartup } from "./startup.js";
import { x86Cases } from "./x86Cases.js";

const USAGE = `npm run perf -- [options]: how fast the engine is. Measured, on this host; no test: a missed target is marked, nothing fails.

  --only <text>     only cases whose id has this text in it
  --time <seconds>  how long to measure each case (default: 1)
  --startup         only the start-up of the command line
  --scale [sizes]   only whole runs of the command line, by guest size (default: ${SCALE_SIZES.join(",")})
  --json            print JSON`;

const OPTIONS = {
  only: { type: "string" },
  time: { type: "string", default: "1" },
  startup: { type: "boolean", default: false },
  scale: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** The engine's benchmark. @throws UserError for options that it does not have */
export function main(args: readonly string[]): void {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const seconds = Number(values.time);
  if (!(seconds > 0)) throw new UserError(`--time ${values.time}: not a number of seconds above 0`);
  const say = (text: string) => {
    if (!values.json) console.log(text);
  };
  const environment = environmentHere();
  say(`${environment.cpuModel}, ${environment.cpuCount} CPUs, Node.js ${environment.node}\n`);
  const everything = !values.startup && !values.scale;

  const cases = [];
  if (everything) {
    say(CASE_HEADING);
    for (const perfCase of [...arm64Cases, ...x86Cases]) {
      if (values.only !== undefined && !perfCase.id.includes(values.only)) continue;
      const result = measureCase(perfCase, seconds * 1000);
      cases.push(result);
      say(caseLine(result));
    }
    say(
      "\nratio: to a bare scan of the tree's descriptors, in turns in the same process, or to what the line " +
        "below names\n",
    );
  }
  const startup = values.startup || (everything && values.only === undefined) ? measureStartup() : null;
  if (startup !== null) say(startupLines(startup).join("\n"));

  const scale = [];
  if (values.scale) {
    say(SCALE_HEADING);
    const sizes = positionals.flatMap((text) => text.split(","));
    for (const scaleCase of scaleCases(sizes.length > 0 ? sizes : SCALE_SIZES)) {
      const result = measureScale(scaleCase);
      scale.push(result);
      say(scaleLine(result));
    }
  }
  if (values.json) console.log(JSON.stringify({ environment, cases, startup, scale }, null, 2));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
