import type { Config } from '../config/types.ts'
import { loadArguments } from './load-arguments.ts'
import type { RunCommand } from './types.ts'

/** `eyeballd serve`. The configuration is read before anything is started, and again whenever the daemon asks. */
export const serve: RunCommand = async (args, io) => {
  const load = (): Config => loadArguments(args, io)
  let first: Config | undefined = load()
  return io.runDaemon(() => {
    const config = first ?? load()
    first = undefined
    return config
  })
}
