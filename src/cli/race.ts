import { fileFailure } from '../config/read-file.ts'
import { fail, failFrom } from '../core/fail.ts'
import type { HostPort } from '../core/host-port.ts'
import { lookUp } from '../dial/look-up.ts'
import type { RaceTrace } from '../dial/replay-race.ts'
import { parseTraces, replayRace } from '../dial/replay-race.ts'
import { raceJson, raceText } from '../log/show-race.ts'
import { EXIT_DONE, EXIT_FAILED, listOf, switchOf, textOf } from './command.ts'
import { loadArguments } from './load-arguments.ts'
import { parseRaceTarget } from './race-target.ts'
import { reportJson, reportText } from './resolve.ts'
import type { Arguments, CliIo, RunCommand } from './types.ts'

const show = (trace: RaceTrace, args: Arguments, { stdout }: CliIo): void => {
  const text = switchOf(args, 'json') === true ? raceJson(trace) : raceText(trace, stdout)
  stdout.write(`${text}\n`)
}

const readTraces = (file: string, { readFile }: CliIo): readonly RaceTrace[] => {
  let text: string
  try {
    text = new TextDecoder().decode(readFile(file))
  } catch (error) {
    throw fail('ERR_CONFIG', `--replay: ${file} cannot be read: ${fileFailure(error)}`, {}, error)
  }
  const traces = parseTraces(text, file)
  if (traces.length === 0) throw fail('ERR_CONFIG', `${file}: holds no race`)
  return traces
}

const writeTraces = (file: string, traces: readonly RaceTrace[], { writeFile }: CliIo): void => {
  try {
    writeFile(file, traces.map(trace => `${JSON.stringify(trace)}\n`).join(''))
  } catch (error) {
    throw failFrom(error, `--trace: ${file} cannot be written: ${fileFailure(error, 'write')}`)
  }
}

const replay = (file: string, args: Arguments, io: CliIo): number => {
  const replays = readTraces(file, io).map(trace => replayRace(trace, file))
  for (const { trace } of replays) show(trace, args, io)
  const differ = replays.filter(({ same }) => !same).length
  if (differ === 0) return EXIT_DONE
  io.stderr.write(`eyeballd: ${differ} of ${replays.length} races went otherwise than recorded\n`)
  return EXIT_FAILED
}

const orderOnly = async (targets: readonly HostPort[], args: Arguments, io: CliIo) => {
  const config = await loadArguments(args, io)
  const races = await io.openRaces(config)
  let status = EXIT_DONE
  try {
    await races.warmUp()
    for (const { host, port } of targets) {
      const report = await lookUp(host, races, config.resolver.policyTable)
      const json = switchOf(args, 'json') === true
      io.stdout.write(`${json ? reportJson(report) : reportText(report, port)}\n`)
      if (report.order.length === 0) status = EXIT_FAILED
    }
  } finally {
    races.close()
  }
  return status
}

const raceAll = async (targets: readonly HostPort[], args: Arguments, io: CliIo) => {
  const races = await io.openRaces(await loadArguments(args, io))
  const traces: RaceTrace[] = []
  let status = EXIT_DONE
  try {
    await races.warmUp()
    for (const target of targets) {
      const result = await races.dial({ targets: [target] })
      if (result.outcome === 'won') result.socket.destroy()
      else status = EXIT_FAILED
      traces.push(result.trace)
      show(result.trace, args, io)
    }
  } finally {
    races.close()
  }
  const file = textOf(args, 'trace')
  if (file !== undefined) {
    writeTraces(file, traces, io)
  }
  return status
}

/** `eyeballd race TARGET...`: runs the races one after the other; returns 1 if a target could not be reached. */
export const race: RunCommand = async (args, io) => {
  const file = textOf(args, 'replay')
  const words = listOf(args, 'target') ?? []
  if (file !== undefined) {
    if (words.length === 0) return replay(file, args, io)
    throw fail('ERR_CONFIG', '--replay: found a TARGET beside it; allowed: one of the two')
  }
  if (words.length === 0)
    throw fail('ERR_CONFIG', 'TARGET: is missing; expected HOST, HOST:PORT, [IPV6]:PORT or a URL')
  const targets = words.map(word => parseRaceTarget(word))
  if (switchOf(args, 'no-connect') !== true) return raceAll(targets, args, io)
  if (textOf(args, 'trace') === undefined) return orderOnly(targets, args, io)
  throw fail(
    'ERR_CONFIG',
    '--trace: found --no-connect beside it, which runs no race; allowed: one of the two',
  )
}
