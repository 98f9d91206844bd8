import { configFile } from '../config/load.ts'
import { textOf } from './arguments.ts'
import { loadArguments } from './load-arguments.ts'
import type { RunCommand } from './types.ts'

/**
 * `eyeballd serve`. The daemon reads the configuration before it starts anything, and reads its file again
 * on each reload.
 */
export const serve: RunCommand = (args, io) => {
  const file = configFile(textOf(args, 'config'), io.env)
  return io.runDaemon({
    load: () => loadArguments(args, io, { file }),
    reload: file === undefined ? null : () => loadArguments(args, io, { file, isReload: true }),
  })
}
