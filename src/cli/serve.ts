import { configFile } from '../config/load.ts'
import { textOf } from './command.ts'
import { argumentsLoader } from './load-arguments.ts'
import type { RunCommand } from './types.ts'

/**
 * `eyeballd serve`. The daemon reads the configuration before it starts anything, and reads its file again
 * on each reload.
 */
export const serve: RunCommand = async (args, io) => {
  const file = configFile(textOf(args, 'config'), io.env)
  const load = await argumentsLoader(args, io, file)
  return io.runDaemon(
    file === undefined
      ? { load, reload: null }
      : { load, reload: () => load('reload'), path: file },
  )
}
