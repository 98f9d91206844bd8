import { fileFailure } from '../config/read-file.ts'
import { fail, failFrom } from '../core/fail.ts'
import type { HostPort } from '../core/host-port.ts'
import { formatHostPort } from '../core/host-port.ts'
import { lookUp } from '../dial/look-up.ts'
import type { RaceTrace } from '../dial/replay-race.ts'
import { parseTraces, replayRace } from '../dial/replay-race.ts'
import { createRaceTally } from '../log/race-tally.ts'
import { raceJson, raceText } from '../log/show-race.ts'
import { EXIT_DONE, EXIT_FAILED, listOf, switchOf, textOf, usesColour } from './command.ts'
import { loadArguments } from './load-arguments.ts'
import { createNotice, createProgressLine } from './progress-line.ts'
import { readTargets } from './read-targets.ts'
import { reportJson, reportText } from './resolve.ts'
import { runSideBySide } from './side-by-side.ts'
import type { Arguments, CliIo, RunCommand } from './types.ts'

/** Writes one result after the other; texts for people have an empty line between them. */
const createResults = (args: Arguments, { stdout, env }: CliIo) => {
  const isJson = switchOf(args, 'json') === true
  let isFirst = true
  const write = (text: string): void => {
    stdout.write(`${isFirst || isJson ? '' : '\n'}${text}\n`)
    isFirst = false
  }
  return {
    isJson,
    write,
    show: (trace: RaceTrace): void => {
      const screen = { ...stdout, isTTY: usesColour(stdout, env) }
      write(isJson ? raceJson(trace) : raceText(trace, screen))
    },
  }
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
  const results = createResults(args, io)
  for (const { trace } of replays) results.show(trace)
  const differ = replays.filter(({ same }) => !same).length
  if (differ === 0) return EXIT_DONE
  io.stderr.write(`eyeballd: ${differ} of ${replays.length} races went otherwise than recorded\n`)
  return EXIT_FAILED
}

/** The most races that run at a time: more would measure how they wait for each other. */
const AT_ONCE = 8

/** Runs something for each target, side by side; the results are written in the order of the targets. */
const forEachTarget = async <R>(
  targets: readonly HostPort[],
  args: Arguments,
  { stdout, stderr, env }: CliIo,
  {
    what,
    run,
    emit,
  }: {
    readonly what: string
    readonly run: (target: HostPort) => Promise<R>
    readonly emit: (result: R, target: HostPort) => void
  },
): Promise<void> => {
  const notice = createNotice(switchOf(args, 'json') === true ? null : stderr, env)
  const hasFile = textOf(args, 'trace') !== undefined
  const progress = createProgressLine(notice, targets.length, what)
  try {
    await runSideBySide(targets, {
      atOnce: AT_ONCE,
      isWanted: () => hasFile || stdout.isOpen(),
      run,
      emit: (result, target) => {
        progress.erase()
        emit(result, target)
      },
      nameOf: formatHostPort,
      onStep: progress.step,
    })
  } finally {
    progress.erase()
  }
}

const orderOnly = async (targets: readonly HostPort[], args: Arguments, io: CliIo) => {
  const config = await loadArguments(args, io)
  const races = await io.openRaces(config)
  const results = createResults(args, io)
  let status = EXIT_DONE
  try {
    await races.warmUp()
    await forEachTarget(targets, args, io, {
      what: 'lookups',
      run: ({ host }) => lookUp(host, races, config.resolver.policyTable),
      emit: (report, { port }) => {
        results.write(results.isJson ? reportJson(report) : reportText(report, port))
        if (report.order.length === 0) status = EXIT_FAILED
      },
    })
  } finally {
    races.close()
  }
  return status
}

const raceAll = async (targets: readonly HostPort[], args: Arguments, io: CliIo) => {
  const races = await io.openRaces(await loadArguments(args, io))
  const file = textOf(args, 'trace')
  const traces: RaceTrace[] = []
  const tally = createRaceTally()
  const results = createResults(args, io)
  let status = EXIT_DONE
  try {
    await races.warmUp()
    await forEachTarget(targets, args, io, {
      what: 'races',
      run: async target => {
        const result = await races.dial({ targets: [target] })
        if (result.outcome === 'won') result.socket.destroy()
        else status = EXIT_FAILED
        return result.trace
      },
      emit: trace => {
        if (file !== undefined) traces.push(trace)
        tally.add(trace)
        results.show(trace)
      },
    })
  } finally {
    races.close()
  }
  if (targets.length > 1 && switchOf(args, 'json') !== true) io.stdout.write(`\n${tally.line()}\n`)
  if (file !== undefined) writeTraces(file, traces, io)
  return status
}

/** `eyeballd race TARGET...`: runs the races side by side; returns 1 if a target could not be reached. */
export const race: RunCommand = async (args, io) => {
  const file = textOf(args, 'replay')
  const words = listOf(args, 'target') ?? []
  if (file !== undefined) {
    if (words.length === 0) return replay(file, args, io)
    throw fail('ERR_CONFIG', '--replay: found a TARGET beside it; allowed: one of the two')
  }
  if (words.length === 0)
    throw fail('ERR_CONFIG', 'TARGET: is missing; expected HOST, HOST:PORT, [IPV6]:PORT or a URL')
  const isOrderOnly = switchOf(args, 'no-connect') === true
  if (isOrderOnly && textOf(args, 'trace') !== undefined) {
    const message =
      '--trace: found --no-connect beside it, which runs no race; allowed: one of the two'
    throw fail('ERR_CONFIG', message)
  }
  const targets = await readTargets(words, () => io.stdin)
  return isOrderOnly ? orderOnly(targets, args, io) : raceAll(targets, args, io)
}
