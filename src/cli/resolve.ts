import { checkHost } from '../config/names.ts'
import { fail } from '../core/fail.ts'
import { lookUp } from '../library/look-up.ts'
import { switchOf, textOf } from './arguments.ts'
import { EXIT_DONE, EXIT_FAILED } from './exit-status.ts'
import { loadArguments } from './load-arguments.ts'
import { reportJson, reportText } from './show-name.ts'
import type { RunCommand } from './types.ts'

/** `eyeballd resolve NAME`: 1 where the name has no address. */
export const resolve: RunCommand = async (args, io) => {
  const name = textOf(args, 'name', 'NAME') ?? ''
  try {
    checkHost(name)
  } catch (error) {
    throw fail('ERR_CONFIG', `NAME: ${(error as Error).message}`, {}, error)
  }
  const config = loadArguments(args, io)
  const races = io.openRaces(config)
  try {
    const report = await lookUp(name, races, config.resolver.policyTable)
    const text = switchOf(args, 'json') === true ? reportJson(report) : reportText(report)
    io.stdout.write(`${text}\n`)
    return report.order.length > 0 ? EXIT_DONE : EXIT_FAILED
  } finally {
    races.close()
  }
}
