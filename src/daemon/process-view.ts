import type { DaemonView, ProcessStatus } from '../admin/daemon-view.ts'
import type { KeptRace } from '../admin/kept-race.ts'
import { keepRace } from '../admin/kept-race.ts'
import type { RaceRing } from '../admin/race-ring.ts'
import { createRaceRing } from '../admin/race-ring.ts'
import type { Config } from '../config/types.ts'
import type { ListenerEvent } from '../listener/events.ts'
import type { ProcessDaemon } from './types.ts'
import { createStatusCounts } from './status-counts.ts'

/** How many races a configuration keeps: none without an endpoint. */
export const racesKept = ({ admin }: Pick<Config, 'admin'>): number =>
  admin.listen.length > 0 ? admin.raceHistory : 0

type ProcessViewParts = {
  readonly engine: ProcessStatus['engine']
  readonly daemon: () => Pick<ProcessDaemon, 'connections' | 'limit' | 'listeners' | 'sessions'>
  /** Lookups of which queries wait for their turn. */
  readonly dnsWaiting: () => number
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** One process with connections as the endpoint sees it. */
type ProcessView = DaemonView & {
  readonly emit: (event: ListenerEvent) => void
  /** Changes how many races are kept; 0: none. */
  readonly keepRaces: (max: number) => void
}

/** Counts and keeps the events of this process for the endpoint. */
export const createProcessView = (parts: ProcessViewParts): ProcessView => {
  const { now, dnsWaiting, engine } = parts
  const ring: RaceRing<KeptRace> = createRaceRing()
  const counts = createStatusCounts()

  const status = (): ProcessStatus => {
    const { connections, limit, listeners, sessions } = parts.daemon()
    const { accepted, rejected, races, closed } = counts.read()
    const active = new Map<string, number>()
    let { up, down } = closed
    for (const session of sessions()) {
      active.set(session.listener, (active.get(session.listener) ?? 0) + 1)
      up += session.bytesUp()
      down += session.bytesDown()
    }
    return {
      engine,
      listeners: listeners().map(({ name, protocol, addresses }) => ({
        name,
        protocol,
        addresses,
        accepted: counts.accepted(name),
        active: active.get(name) ?? 0,
      })),
      connections: { active: connections(), limit: limit(), accepted, rejected },
      races,
      bytes: { up, down },
      dnsWaiting: dnsWaiting(),
      logDropped: 0,
    }
  }

  return {
    emit: event => {
      counts.count(event)
      if (event.type === 'race' && ring.max() > 0) ring.add(now(), keepRace(event))
    },
    keepRaces: ring.resize,
    races: { ring, refresh: async () => {}, watch: ring.watch },
    status: async () => status(),
  }
}
