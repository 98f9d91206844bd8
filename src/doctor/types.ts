import type { HistoryAnswer, StatusAnswer } from '../admin/api.ts'
import type { Clock } from '../core/clock.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import type { Races } from '../dial/open-races.ts'
import type { ClockState } from '../net/host/clock-state.ts'
import type { SocketPathState } from '../net/host/socket-path.ts'
import type { OpenMessageStream } from '../net/node/open-message-stream.ts'
import type { OpenUdp } from '../net/node/open-udp.ts'
import type { ProbeResult, ProbeTarget } from '../net/node/tls-probe.ts'

/**
 * `problem`: connections fail, or wait for nothing. `warning`: they may, or something works by its second way
 * only. `note`: unusual, and no fault.
 */
export type Severity = 'ok' | 'note' | 'warning' | 'problem'

/** One thing that was looked at. */
export type Finding = {
  /** What was looked at, for programs: `route.ipv6`, `dns.tcp`. Several findings may have the same. */
  readonly id: string
  readonly severity: Severity
  /** One sentence without its final stop. */
  readonly message: string
  /** What to do, one sentence without its final stop; null: all is well. */
  readonly advice: string | null
  /** The measured values, for programs. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** What a running daemon says by its admin endpoint. `where` is the address that was asked. */
export type DaemonReport =
  | {
      readonly ok: true
      readonly where: string
      readonly status: StatusAnswer
      readonly history: HistoryAnswer
    }
  /** `why`: a sentence for people, without a capital letter. */
  | { readonly ok: false; readonly where: string; readonly why: string }

/** How DNS servers are asked. */
export type DnsTransport = {
  readonly openUdp: OpenUdp
  readonly openStream: OpenMessageStream
  /** 16 random bits. */
  readonly randomId: () => number
}

/** This host, as the checks see it. Nothing of it throws or rejects, unless it says so. */
export type DoctorHost = {
  readonly clock: Clock
  /** Epoch milliseconds. */
  readonly wallTime: () => number
  /** A small file; null if it cannot be read. */
  readonly readText: (path: string) => string | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** Servers of a system without resolv.conf. */
  readonly systemServers: () => readonly string[]
  readonly transport: DnsTransport
  readonly races: Pick<Races, 'dial' | 'lookup' | 'source' | 'warmUp'>
  /** The name of the interface that has an address; null if none has, or it cannot be read. */
  readonly interfaceOf: (address: string) => string | null
  /** The path MTU that the kernel knows for an address; null if it knows none. */
  readonly pathMtu: (address: string) => number | null
  readonly clockState: () => ClockState | null
  /** Infinity: no limit, or not known. */
  readonly openFilesLimit: () => number
  readonly openFiles: () => number
  /** Why the splice engine cannot run here; null if it can. */
  readonly spliceFailure: () => Promise<string | null>
  /** The errno's name if nothing can listen there; null if it can. */
  readonly tryListen: (address: {
    readonly host: string
    readonly port: number
  }) => Promise<string | null>
  readonly socketPath: (path: string) => SocketPathState
  /** Rejects as `net/node/exchange` does. */
  readonly exchange: (
    address: SocketAddress,
    bytes: Uint8Array,
    count: number,
    timeoutMs: number,
  ) => Promise<Uint8Array>
  readonly probeTls: (target: ProbeTarget, limitMs: number) => Promise<ProbeResult>
}
