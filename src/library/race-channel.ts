import { channel } from 'node:diagnostics_channel'
import { formatHostPort } from '../core/host-port.ts'
import { raceReport } from '../eyeballs/race/report.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'

const races = channel('eyeballd:race')

/**
 * Publishes a finished race as a RaceReport on the channel `eyeballd:race` of `node:diagnostics_channel`.
 * Without subscribers, no report is built.
 *
 * @param target the requested target; if its host is null, the given addresses
 */
export const publishRace = (
  trace: RaceTrace,
  { host, port }: { readonly host: string | null; readonly port: number | null },
): void => {
  if (!races.hasSubscribers) return
  const target = host === null || port === null ? undefined : formatHostPort({ host, port })
  races.publish(raceReport(trace, target))
}
