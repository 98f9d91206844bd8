import { effectiveYaml } from '../config/effective.ts'
import { textOf } from './arguments.ts'
import { EXIT_DONE } from './exit-status.ts'
import { loadArguments } from './load-arguments.ts'
import type { RunCommand } from './types.ts'

/** `eyeballd check [FILE]`: prints what would be in force. A configuration that is wrong is thrown. */
export const check: RunCommand = async (args, io) => {
  const config = loadArguments(args, io, { file: textOf(args, 'file', 'FILE') })
  io.stdout.write(effectiveYaml(config))
  return EXIT_DONE
}
