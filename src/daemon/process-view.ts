import type { ProcessReport } from '../admin/daemon-view.ts'
import type { KeptRace } from '../admin/kept-race.ts'
import { keepRace } from '../admin/kept-race.ts'
import type { RaceRing } from '../admin/race-ring.ts'
import { createRaceRing } from '../admin/race-ring.ts'
import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { ListenerEvent } from '../listener/events.ts'
import type { Readings, Recorder } from '../metrics/create-recorder.ts'
import { createRecorder } from '../metrics/create-recorder.ts'
import type { Snapshot } from '../metrics/snapshot.ts'
import type { Moment } from './demoted-paths.ts'
import { HISTORY_MAX, demotedBy } from './demoted-paths.ts'
import { showConnections } from './shown-connections.ts'
import { readProcess } from './process-values.ts'
import type { CountedDaemon, ProcessDaemon } from './types.ts'

/** How many races a configuration keeps: none without an endpoint. */
export const racesKept = ({ admin }: Pick<Config, 'admin'>): number =>
  admin.listen.length > 0 ? admin.raceHistory : 0

type ProcessViewParts = {
  readonly engine: ProcessReport['engine']
  readonly daemon: () => Pick<
    ProcessDaemon,
    'dialers' | 'limit' | 'listeners' | 'race' | 'sessions'
  >
  readonly pipes: () => Readings['pipes']
  /** Lookups of which queries wait for their turn. */
  readonly dnsWaiting: () => number
  readonly logDropped: () => number
  readonly clock: Pick<Clock, 'now'>
  /** Epoch milliseconds. */
  readonly epochNow: () => number
}

/** One process with connections as the endpoint sees it. */
type ProcessView = CountedDaemon['view'] & {
  readonly emit: (event: ListenerEvent) => void
  readonly observer: Pick<Recorder, 'onQuery' | 'onCache'>
  /** A configuration is in force. */
  readonly change: (config: Pick<Config, 'admin' | 'listeners'>) => void
}

/** Counts and keeps the events of this process for the endpoint. */
export const createProcessView = (parts: ProcessViewParts): ProcessView => {
  const { clock, epochNow, engine } = parts
  const ring: RaceRing<KeptRace> = createRaceRing()
  const recorder = createRecorder()
  let configured: Config['listeners'] = []

  const metrics = (): Snapshot => {
    const { limit, sessions } = parts.daemon()
    return recorder.read({
      sessions: sessions(),
      limit: limit(),
      pipes: parts.pipes(),
      dnsWaiting: parts.dnsWaiting(),
      logDropped: parts.logDropped(),
    })
  }

  const moment = (): Moment => ({ now: clock.now(), epochNow: epochNow() })

  return {
    emit: event => {
      recorder.count(event)
      if (event.type === 'race' && ring.max() > 0) ring.add(epochNow(), keepRace(event))
    },
    observer: recorder,
    metrics,
    change: config => {
      ring.resize(racesKept(config))
      configured = config.listeners
      recorder.setListeners(configured.map(({ name }) => name))
    },
    connections: async limit => showConnections(parts.daemon().sessions(), limit, moment()),
    history: async () => demotedBy(parts.daemon().dialers(), HISTORY_MAX, moment()),
    race: async (request, signal) => {
      const result = await parts.daemon().race(request, signal)
      return result.ok ? { ok: true, race: keepRace(result.race) } : result
    },
    races: { ring, refresh: async () => {}, watch: ring.watch },
    report: async () => {
      const values = await readProcess()
      const open = new Map(
        parts
          .daemon()
          .listeners()
          .map(({ name, addresses }) => [name, addresses]),
      )
      // A listener that has lost its addresses, or drains, is shown without any.
      const listeners = configured.map(({ name, protocol }) => ({
        name,
        protocol,
        addresses: open.get(name) ?? [],
      }))
      return { engine, listeners, metrics: { ...metrics(), ...values } }
    },
  }
}
