import { check } from './check.ts'
import { completion } from './completion.ts'
import { doctor } from './doctor.ts'
import { hashPassword } from './hash-password.ts'
import { healthcheck } from './healthcheck.ts'
import { race } from './race.ts'
import { report } from './report.ts'
import { resolve } from './resolve.ts'
import { run } from './run.ts'
import { top } from './top.ts'
import type { RunCommand } from './types.ts'

/** The commands besides `serve`, by name: a start of the daemon does not load them. */
export const COMMANDS: Readonly<Record<string, RunCommand>> = {
  run,
  race,
  resolve,
  doctor,
  top,
  report,
  check,
  'hash-password': hashPassword,
  healthcheck,
  completion,
}
