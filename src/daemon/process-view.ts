import type { ProcessReport } from '../admin/daemon-view.ts'
import type { KeptRace } from '../admin/kept-race.ts'
import { keepRace } from '../admin/kept-race.ts'
import type { RaceRing } from '../admin/race-ring.ts'
import { createRaceRing } from '../admin/race-ring.ts'
import type { Config } from '../config/types.ts'
import type { ListenerEvent } from '../listener/events.ts'
import type { Readings, Recorder } from '../metrics/create-recorder.ts'
import { createRecorder } from '../metrics/create-recorder.ts'
import type { Snapshot } from '../metrics/snapshot.ts'
import { readProcess } from './process-values.ts'
import type { CountedDaemon, ProcessDaemon } from './types.ts'

/** How many races a configuration keeps: none without an endpoint. */
export const racesKept = ({ admin }: Pick<Config, 'admin'>): number =>
  admin.listen.length > 0 ? admin.raceHistory : 0

type ProcessViewParts = {
  readonly engine: ProcessReport['engine']
  readonly daemon: () => Pick<ProcessDaemon, 'limit' | 'listeners' | 'sessions'>
  readonly pipes: () => Readings['pipes']
  /** Lookups of which queries wait for their turn. */
  readonly dnsWaiting: () => number
  readonly logDropped: () => number
  /** Epoch milliseconds. */
  readonly now: () => number
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
  const { now, engine } = parts
  const ring: RaceRing<KeptRace> = createRaceRing()
  const recorder = createRecorder()

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

  return {
    emit: event => {
      recorder.count(event)
      if (event.type === 'race' && ring.max() > 0) ring.add(now(), keepRace(event))
    },
    observer: recorder,
    metrics,
    change: config => {
      ring.resize(racesKept(config))
      recorder.setListeners(config.listeners.map(({ name }) => name))
    },
    races: { ring, refresh: async () => {}, watch: ring.watch },
    report: async () => {
      const values = await readProcess()
      const listeners = parts.daemon().listeners()
      return { engine, listeners, metrics: { ...metrics(), ...values } }
    },
  }
}
