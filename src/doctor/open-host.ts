import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { Config } from '../config/types.ts'
import { checkEngine } from '../daemon/create-transport.ts'
import type { Failure } from '../core/fail.ts'
import type { Races } from '../dial/open-races.ts'
import { readClockState } from '../net/host/clock-state.ts'
import { createInterfaces } from '../net/host/interfaces.ts'
import { countOpenFiles, openFilesLimit } from '../net/host/open-files.ts'
import { pathMtu } from '../net/host/path-mtu.ts'
import { createRealClock } from '../net/host/real-clock.ts'
import { socketPathState } from '../net/host/socket-path.ts'
import { systemServers } from '../net/host/system-servers.ts'
import { exchange } from '../net/node/exchange.ts'
import { createOpenMessageStream } from '../net/node/open-message-stream.ts'
import { createOpenUdp } from '../net/node/open-udp.ts'
import { probeTls } from '../net/node/tls-probe.ts'
import { tryListen } from '../net/node/try-listen.ts'
import type { DoctorHost } from './types.ts'

const IDS = 65_536

/** The longest race, with its lookups. */
const RACE_LIMIT_MS = 8000

/** The configuration for the races of the doctor: it has to end in time, and nothing learnt may help it. */
export const raceConfig = (config: Config): Config => ({
  ...config,
  eyeballs: {
    ...config.eyeballs,
    adaptive: false,
    confirm: 'none',
    connectTimeoutMs: Math.min(config.eyeballs.connectTimeoutMs, RACE_LIMIT_MS),
  },
})

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

const spliceFailure = async (): Promise<string | null> => {
  try {
    checkEngine('splice')
    return null
  } catch (error) {
    return (error as Failure<{ readonly reason?: string }>).reason ?? (error as Error).message
  }
}

/** A link-local address of several interfaces counts as the first one's. */
const interfaceOf = (address: string): string | null => {
  try {
    const found = Object.entries(networkInterfaces()).find(([, entries = []]) =>
      entries.some(entry => entry.address === address),
    )
    return found?.[0] ?? null
  } catch {
    return null
  }
}

const serversOrNone = (): readonly string[] => {
  try {
    return systemServers()
  } catch {
    return []
  }
}

/** This host, for the checks of `eyeballd doctor`. */
export const openDoctorHost = (races: Races): DoctorHost => {
  const clock = createRealClock()
  const interfaces = createInterfaces({ clock })
  const hasInterface = (name: string): boolean => interfaces().names.has(name)
  return {
    clock,
    wallTime: () => Date.now(),
    readText,
    env: process.env,
    systemServers: serversOrNone,
    transport: {
      openUdp: createOpenUdp(hasInterface),
      openStream: createOpenMessageStream(hasInterface),
      randomId: () => randomInt(IDS),
    },
    races,
    interfaceOf,
    pathMtu: address => pathMtu(address),
    clockState: () => readClockState(),
    openFilesLimit: () => openFilesLimit(),
    openFiles: () => countOpenFiles(),
    spliceFailure,
    tryListen,
    socketPath: path => socketPathState(path),
    exchange: (address, bytes, count, timeoutMs) => exchange(address, bytes, count, timeoutMs),
    probeTls: (target, limitMs) => probeTls(target, limitMs, clock),
  }
}
