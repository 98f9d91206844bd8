import type { Clock } from '../core/clock.ts'
import { fail } from '../core/fail.ts'
import { formatHostPort, hostNameFault, parseHostPort, withoutBrackets } from '../core/host-port.ts'
import type { HostPort } from '../core/host-port.ts'
import { parseIp } from '../core/ip.ts'
import { quote } from '../core/quote.ts'
import type { RecordMask } from '../log/record-mask.ts'
import type { RaceRequest } from './api.ts'
import type { DaemonView } from './daemon-view.ts'
import type { KeptRace } from './kept-race.ts'
import { connOf, raceEntry } from './kept-race.ts'
import type { Numbered, RaceRing } from './race-ring.ts'
import type { AdminAnswer, AdminRequest, AdminRoutes, AdminStatus } from './routes.ts'
import { jsonAnswer } from './routes.ts'

/** At most this many races begin within a minute: enough for a person, and too few to scan a network. */
export const RACES_PER_MINUTE = 20

const MINUTE_MS = 60_000

/** Longer than `eyeballs.connectTimeout` is by default; a race that has no such limit ends with its connection. */
const RACE_TIMEOUT_MS = 300_000

const DEFAULT_PORT = 443

/** How far back the race's own entry is looked for. */
const LOOK_BACK = 1000

type RunRaceParts = {
  readonly clock: Pick<Clock, 'now'>
  readonly view: Pick<DaemonView, 'race' | 'races'>
  readonly mask: () => RecordMask
  readonly status: () => AdminStatus
  /** Epoch milliseconds. */
  readonly epochNow: () => number
}

/** HOST:PORT, or HOST for port 443. @throws ERR_INVALID_ADDRESS or ERR_INVALID_NAME */
const targetOf = (text: string): HostPort => {
  const host = withoutBrackets(text)
  const isBare = parseIp(host) !== undefined || !text.includes(':')
  const target = parseHostPort(isBare ? formatHostPort({ host, port: DEFAULT_PORT }) : text)
  const isName = parseIp(target.host) === undefined
  if (isName && hostNameFault(target.host.replace(/\.$/, '')) !== undefined)
    throw fail('ERR_INVALID_NAME', `${quote(target.host)} is no host name`)
  return target
}

/** @throws ERR_INVALID_ARG */
const readTarget = (body: string): HostPort => {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw fail('ERR_INVALID_ARG', 'the body is no JSON; allowed: {"target": "HOST:PORT"}')
  }
  const target: unknown =
    typeof value === 'object' && value !== null
      ? (value as Partial<Record<keyof RaceRequest, unknown>>).target
      : undefined
  if (typeof target !== 'string')
    throw fail('ERR_INVALID_ARG', 'the body has no text "target"; allowed: {"target": "HOST:PORT"}')
  try {
    return targetOf(target.trim())
  } catch (error) {
    throw fail('ERR_INVALID_ARG', `target: ${(error as Error).message}`, {}, error)
  }
}

/** The newest race of a connection; undefined if the ring does not have it any more. */
const findRace = (ring: RaceRing<KeptRace>, conn: string): Numbered<KeptRace> | undefined => {
  const last = ring.lastId()
  for (let id = last; id > last - LOOK_BACK && id >= ring.firstId(); id--) {
    const numbered = ring.get(id)
    if (numbered && connOf(numbered.item) === conn) return numbered
  }
  return undefined
}

const refuse = (status: number, text: string, seconds: number): AdminAnswer => ({
  status,
  text,
  headers: { 'Retry-After': String(seconds) },
})

/** The route of `POST /race`: one race at a time. */
export const createRunRaceRoute = (parts: RunRaceParts): AdminRoutes => {
  const { clock, view, mask, status, epochNow } = parts
  let isRunning = false
  let begun: number[] = []

  const run = async ({ body, client, signal }: AdminRequest): Promise<AdminAnswer> => {
    const target = readTarget(body)
    const { state } = status()
    if (state !== 'serving') return refuse(503, `the daemon is ${state}; expected: serving`, 5)
    if (isRunning) return refuse(429, 'another race runs; allowed: one at a time', 1)
    const now = clock.now()
    begun = begun.filter(at => now - at < MINUTE_MS)
    const [oldest] = begun
    if (oldest !== undefined && begun.length >= RACES_PER_MINUTE) {
      const text = `found ${begun.length} races within a minute; allowed: ${RACES_PER_MINUTE}`
      return refuse(429, text, Math.ceil((oldest + MINUTE_MS - now) / 1000))
    }
    begun.push(now)
    isRunning = true
    try {
      const result = await view.race({ target, client }, signal)
      if (!result.ok) {
        const { code, message } = result
        return jsonAnswer({ error: { code, message } }, code === 'ERR_ACCESS_DENIED' ? 403 : 503)
      }
      const { race } = result
      await view.races.refresh()
      const found = findRace(view.races.ring, connOf(race))
      return jsonAnswer(raceEntry(found ?? { id: 0, time: epochNow(), item: race }, mask()))
    } finally {
      isRunning = false
    }
  }

  return new Map([
    ['/race', { isPublic: false, method: 'POST', timeoutMs: RACE_TIMEOUT_MS, answer: run }],
  ])
}
