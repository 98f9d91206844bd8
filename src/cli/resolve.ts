import { roundMs } from '../core/duration.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { LookupReport, NameReport } from '../dial/look-up.ts'
import { lookUp } from '../dial/look-up.ts'
import { printable } from '../log/show-race.ts'
import { EXIT_DONE, EXIT_FAILED, switchOf, textOf } from './command.ts'
import { loadArguments } from './load-arguments.ts'
import { parseRaceTarget } from './race-target.ts'
import type { RunCommand } from './types.ts'

/** The report as one JSON object: the lookups as in the log's `dns`, and the order. */
export const reportJson = ({ name, lookups, order }: NameReport): string =>
  JSON.stringify({
    name,
    dns: lookups.map(({ type, startMs, endMs, answer }) => ({
      type,
      startMs: roundMs(startMs),
      endMs: roundMs(endMs),
      ...(answer.ok
        ? { records: answer.addresses.length, ttl: answer.ttl }
        : { code: answer.code }),
      source: answer.source,
    })),
    addresses: order,
  })

const lookupLine = ({ type, startMs, endMs, answer, failure }: LookupReport): string => {
  const ttl = answer.ok && answer.ttl !== null ? `, TTL ${answer.ttl} s` : ''
  const count = answer.ok ? answer.addresses.length : 0
  const what = failure ?? `${count} ${count === 1 ? 'record' : 'records'}${ttl}`
  return `  ${type.padEnd(4)}  ${what}, from ${answer.source}, after ${roundMs(endMs - startMs)} ms`
}

/**
 * The report for people.
 *
 * @param port given if a connection is meant: addresses are then shown with it
 */
export const reportText = ({ name, lookups, order }: NameReport, port?: number): string => {
  const shown = order.map(({ address }) =>
    port === undefined ? address : formatHostPort({ host: address, port }),
  )
  const width = Math.max(0, ...shown.map(text => text.length))
  const places = order.map(({ embedded, source, rule }, i) => {
    const inner = embedded === undefined ? '' : `for ${embedded}, `
    const from = source === null ? 'no source address' : `from ${source}`
    const why = rule === null ? '' : `; before the next by ${rule}`
    return `  ${i + 1}  ${(shown[i] ?? '').padEnd(width)}  ${inner}${from}${why}`
  })
  return [printable(name), ...lookups.map(lookupLine), ...places].join('\n')
}

/** `eyeballd resolve NAME`: returns 1 if the name has no address. From HOST:PORT or a URL it takes the host. */
export const resolve: RunCommand = async (args, io) => {
  const { host: name } = parseRaceTarget(textOf(args, 'name', 'NAME') ?? '', 'NAME')
  const config = await loadArguments(args, io)
  const races = await io.openRaces(config)
  try {
    await races.warmUp()
    const report = await lookUp(name, races, config.resolver.policyTable)
    const text = switchOf(args, 'json') === true ? reportJson(report) : reportText(report)
    io.stdout.write(`${text}\n`)
    return report.order.length > 0 ? EXIT_DONE : EXIT_FAILED
  } finally {
    races.close()
  }
}
