import { parseRaceTarget } from './race-target.ts'
import { EXIT_DONE, EXIT_FAILED, listOf, switchOf, usesColour } from './command.ts'
import { loadArguments } from './load-arguments.ts'
import type { RunCommand } from './types.ts'
import { version } from './version.ts'

/** A name with both families, of the organisation that keeps such names for examples (RFC 2606). */
const DEFAULT_TARGETS: readonly string[] = ['example.com:443']

/** `eyeballd doctor [TARGET...]`: examines this host; returns 1 if it finds a problem. */
export const doctor: RunCommand = async (args, io) => {
  const words = listOf(args, 'target') ?? DEFAULT_TARGETS
  const targets = words.map(word => parseRaceTarget(word))
  const config = await loadArguments(args, io)
  const { examine } = await import('../doctor/examine.ts')
  const { examinationJson, examinationText } = await import('../doctor/show-findings.ts')
  const { host, close } = await io.openDoctor(config)
  const startedAt = host.clock.now()
  try {
    const isOffline = switchOf(args, 'offline') === true
    if (!isOffline) await host.races.warmUp()
    const examination = await examine(host, config, targets, isOffline)
    const durationMs = Math.round(host.clock.now() - startedAt)
    io.stdout.write(
      switchOf(args, 'json') === true
        ? `${examinationJson(examination, { version: version(), time: host.wallTime(), durationMs })}\n`
        : examinationText(examination, io.stdout, usesColour(io.stdout, io.env)),
    )
    const hasProblem = examination.findings.some(({ severity }) => severity === 'problem')
    return hasProblem ? EXIT_FAILED : EXIT_DONE
  } finally {
    close()
  }
}
