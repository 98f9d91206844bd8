import { lookUp } from '../dial/look-up.ts'
import { switchOf, textOf } from './arguments.ts'
import { EXIT_DONE, EXIT_FAILED } from './exit-status.ts'
import { loadArguments } from './load-arguments.ts'
import { parseRaceTarget } from './race-target.ts'
import { reportJson, reportText } from './show-name.ts'
import type { RunCommand } from './types.ts'

/** `eyeballd resolve NAME`: returns 1 if the name has no address. From HOST:PORT or a URL it takes the host. */
export const resolve: RunCommand = async (args, io) => {
  const { host: name } = parseRaceTarget(textOf(args, 'name', 'NAME') ?? '', 'NAME')
  const config = await loadArguments(args, io)
  const races = await io.openRaces(config)
  try {
    await races.warmUp()
    const report = await lookUp(name, races, config.resolver.policyTable)
    const text = switchOf(args, 'json') === true ? reportJson(report) : reportText(report)
    io.stdout.write(`${text}\n`)
    return report.order.length > 0 ? EXIT_DONE : EXIT_FAILED
  } finally {
    races.close()
  }
}
