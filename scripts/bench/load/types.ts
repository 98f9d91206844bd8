/** The way to an origin: through a proxy, or straight to it. */
export type Route = {
  /** Where on 127.0.0.1 the generator connects to: a proxy, or the origin itself. */
  readonly port: number
  /** The name or IPv4 address that a SOCKS proxy is asked for; without it the port is a fixed forward, or the origin. */
  readonly socksHost?: string
  /** The same for an HTTP proxy, which is asked by CONNECT. */
  readonly httpHost?: string
  /** The port of the origin on 127.0.0.1 and ::1. */
  readonly originPort: number
}

/** What a generator is asked for. Times are in seconds. */
export type Job =
  /** Connections for one byte there and back, `conns` at a time. */
  | {
      readonly kind: 'rate'
      readonly route: Route
      readonly conns: number
      readonly seconds: number
    }
  /** One byte there and back, again and again; each connection rests until `paceMs` after its last beginning. */
  | {
      readonly kind: 'ping'
      readonly route: Route
      readonly conns: number
      readonly seconds: number
      readonly paceMs: number
    }
  /** As many bytes as go. What comes before `warmSeconds` have passed is not measured. */
  | {
      readonly kind: 'down' | 'up'
      readonly route: Route
      readonly conns: number
      readonly seconds: number
      readonly warmSeconds: number
    }
  /** Opens connections until `conns` are held, those of earlier jobs counted; they stay open. */
  | { readonly kind: 'hold'; readonly route: Route; readonly conns: number }
  /** Closes what is held. */
  | { readonly kind: 'release' }

/** What came of a job. */
export type Report = {
  /** Of the first connection that failed, why; and how many did. */
  readonly failed: number
  readonly failure?: string
  /** Finished connections, or bytes there and back, a second; bits a second for bulk. */
  readonly perSecond?: number
  /** Microseconds. */
  readonly p50?: number
  readonly p99?: number
  /** Bytes that the proxy carried, all of the job. */
  readonly bytes?: number
  /** Connections that were finished, those before measuring began included. */
  readonly finished?: number
  /** Connections that are held, and alive. */
  readonly held?: number
}

/** What an origin has seen at a port since it began. */
export type OriginCounts = {
  readonly accepted: number
  /** Bytes of bulk that the system took from the origin, and gave to it. */
  readonly sent: number
  readonly received: number
}
