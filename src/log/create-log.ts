import { pino } from 'pino'
import type { Logger } from 'pino'
import { connectionLevel, connectionLine } from './connection-line.ts'
import { daemonLine } from './daemon-line.ts'
import type { LogOutput } from './output.ts'
import { createOutput } from './output.ts'
import { createPretty } from './pretty.ts'
import { createRedaction } from './redaction.ts'
import type { Line, Log, LogOptions } from './types.ts'

/** Where a process writes its log. */
export type LogSink = {
  /** An open file descriptor. */
  readonly fd: number
  readonly isTerminal: boolean
  /** Whether the pretty format uses colours; by default, on a terminal only. */
  readonly color?: boolean
}

/** A log output, and how lines are formatted for it. */
export type LogTarget = LogOutput & { readonly isTerminal: boolean; readonly color: boolean }

/** pino's numbers for its levels. */
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

type Loggers = {
  readonly daemon: Logger
  /** Writes the line of a connection event at any configured level. */
  readonly connection: (line: Line) => void
}

const createLoggers = (options: LogOptions, target: LogTarget): Loggers => {
  const { level, format, redact } = options
  const pretty = format === 'pretty' || (format === 'auto' && target.isTerminal)
  // The pretty format is made from the finished JSON, so redacted values cannot appear in it.
  const render = pretty ? createPretty(target.color) : undefined
  const stream = { write: render ? (line: string) => target.write(render(line)) : target.write }
  const { mask, ...redaction } = createRedaction(redact)
  const masked = { write: (line: string) => stream.write(mask(line)) }
  const daemon = pino({ level, base: null, ...redaction }, masked)
  // pino takes 17 us for the two lines of a connection, 13 of them to search for fields that must never be
  // shown. The fields are listed one by one and cannot hold a password, so without redaction this code writes
  // the same bytes in 2.5 us.
  const writePlain = ({ level: own, fields, msg }: Line): void => {
    const inner = JSON.stringify(fields).slice(1, -1)
    stream.write(
      `{"level":${LEVELS[own]},"time":${Date.now()},${inner},"msg":${JSON.stringify(msg)}}\n`,
    )
  }
  const writeRedacted = ({ level: own, fields, msg }: Line): void => daemon[own](fields, msg)
  return { daemon, connection: redact.length === 0 ? writePlain : writeRedacted }
}

/** Creates the log on a given output. */
export const createLogOn = (options: LogOptions, target: LogTarget): Log => {
  let { races } = options
  let loggers = createLoggers(options, target)
  return {
    emit: event => {
      const level = connectionLevel(event, races)
      if (level === null || !loggers.daemon.isLevelEnabled(level)) return
      const { fields, msg } = connectionLine(event)
      loggers.connection({ level, fields, msg })
    },
    event: event => {
      const { level, fields, msg } = daemonLine(event)
      loggers.daemon[level](fields, msg)
    },
    change: next => {
      loggers = createLoggers(next, target)
      ;({ races } = next)
    },
    dropped: target.dropped,
    flush: target.flush,
    flushSync: target.flushSync,
  }
}

/**
 * The log of the daemon: pino's JSON, or a format for people, written so that no slow reader can block the
 * daemon. Lines that still wait when the process exits are written then. Create at most one per file
 * descriptor.
 */
export const createLog = (options: LogOptions, sink: LogSink): Log => {
  const { fd, isTerminal, color = isTerminal } = sink
  const output = createOutput({
    fd,
    onDropped: lines => log.event({ type: 'dropped', lines }),
  })
  const log = createLogOn(options, { ...output, isTerminal, color })
  process.once('exit', log.flushSync)
  return log
}
