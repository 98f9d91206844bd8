import { channel } from 'node:diagnostics_channel'
import { formatHostPort } from '../core/host-port.ts'
import { raceReport } from '../eyeballs/race/report.ts'
import type { RaceTrace } from '../eyeballs/race/trace.ts'

const races = channel('eyeballd:race')

/**
 * Publishes a race that is over on the channel `eyeballd:race` of `node:diagnostics_channel`, as a
 * RaceReport. Where nobody subscribes, nothing is made.
 *
 * @param target what was asked for; a host that is null: the addresses that were given
 */
export const publishRace = (
  trace: RaceTrace,
  { host, port }: { readonly host: string | null; readonly port: number | null },
): void => {
  if (!races.hasSubscribers) return
  const target = host === null || port === null ? undefined : formatHostPort({ host, port })
  races.publish(raceReport(trace, target))
}
