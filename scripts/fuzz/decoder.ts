import { readCorpus, keepCrash, seedsOf } from '../../test/fixtures/fuzz/corpus.ts'
import { keptBytes, makeCase, runTarget, tryInput } from '../../test/fixtures/fuzz/run-target.ts'
import type { FuzzFault, FuzzReport, FuzzTarget } from '../../test/fixtures/fuzz/types.ts'
import { startWatchdog } from '../../test/fixtures/fuzz/watchdog.ts'
import type { Options } from './options.ts'

const CASES = 1_000_000

/** A case that takes longer hangs: the slowest takes some milliseconds. */
const HANG_MS = 20_000

/** The most that may be kept of an input of thousands of bytes beside what is needed of it. */
const KEPT_MAX_BYTES = 1024

const tellFault = (fault: FuzzFault, keep: boolean): void => {
  const { target, seed, message, input } = fault
  const again = typeof fault.case === 'number' ? ` --case ${fault.case}` : `, file ${fault.case}`
  console.log(`${target}: ${message}`)
  console.log(`again: npm run fuzz -- ${target} --seed ${seed}${again}`)
  console.log(`input, made short: ${Buffer.from(input).toString('hex')}`)
  console.log(`as text: ${JSON.stringify(Buffer.from(input).toString('latin1'))}`)
  if (keep) console.log(`kept as ${keepCrash(target, `${seed}-${fault.case}`, input)}`)
}

const tell = ({ name }: FuzzTarget, report: FuzzReport, kept: number): void => {
  const { cases, seconds, kinds, medianUs, slowestMs, slow, held } = report
  const mib = held.map(bytes => (bytes / 1024 / 1024).toFixed(1)).join(' ')
  console.log(
    `${name}: ${cases} cases in ${seconds.toFixed(1)} s, the median ${medianUs.toFixed(0)} us, ` +
      `the slowest ${slowestMs.toFixed(1)} ms (${slow} slow by chance); ${JSON.stringify(kinds)}` +
      `${mib === '' ? '' : `; heap and buffers in MiB: ${mib}`}; ${kept.toFixed(0)} bytes kept of each input`,
  )
}

/** One case, alone. */
const tryAgain = (target: FuzzTarget, { seed, keep }: Options, number: number): boolean => {
  const input = makeCase(target, seedsOf(readCorpus(target.name)), seed, number)
  const startedAt = performance.now()
  const fault = tryInput(target, seed, number, input)
  const took = (performance.now() - startedAt).toFixed(1)
  console.log(`${target.name}: case ${number}, ${input.length} bytes, ${took} ms`)
  if (fault) tellFault(fault, keep)
  else console.log(`everything holds: ${Buffer.from(input).toString('hex')}`)
  return fault === null
}

/** Runs a decoder. @returns whether everything holds */
export const fuzzDecoder = async (target: FuzzTarget, options: Options): Promise<boolean> => {
  const { seed, minutes, keep } = options
  const prefix = `again: npm run fuzz -- ${target.name} --seed ${seed}`
  const watchdog = startWatchdog(prefix, HANG_MS)
  try {
    if (options.case !== undefined) {
      watchdog.at(options.case)
      return tryAgain(target, options, options.case)
    }
    const forever = minutes === undefined ? CASES : Number.MAX_SAFE_INTEGER
    const report = await runTarget(target, {
      seed,
      cases: options.cases ?? forever,
      at: watchdog.at,
      ...(minutes !== undefined && { endAtMs: performance.now() + minutes * 60_000 }),
    })
    const kept = report.fault ? 0 : keptBytes(target)
    tell(target, report, kept)
    if (report.fault) tellFault(report.fault, keep)
    if (kept > KEPT_MAX_BYTES) console.log(`${target.name} keeps whole inputs`)
    return report.fault === null && kept <= KEPT_MAX_BYTES
  } finally {
    await watchdog.stop()
  }
}
