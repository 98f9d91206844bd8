import { loadArguments } from './load-arguments.ts'
import type { RunCommand } from './types.ts'

/** `eyeballd serve`. The daemon reads the configuration before it starts anything, and again at each reload. */
export const serve: RunCommand = (args, io) => io.runDaemon(() => loadArguments(args, io))
