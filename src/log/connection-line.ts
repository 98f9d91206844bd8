import { roundMs } from '../core/duration.ts'
import type { RaceRecord } from '../eyeballs/race/report.ts'
import { raceRecord } from '../eyeballs/race/report.ts'
import type { ListenerEvent } from '../listener/events.ts'
import type { Line, LogOptions } from './types.ts'

// Fields are listed one by one, so that no field is logged by accident.

type EventOf<Type extends ListenerEvent['type']> = Extract<ListenerEvent, { type: Type }>

/** The level of an event's line, computed before the line, so that no line is built in vain. Null: not logged. */
export const connectionLevel = (
  event: ListenerEvent,
  races: LogOptions['races'],
): Line['level'] | null => {
  switch (event.type) {
    case 'accepted':
      return 'trace'
    case 'race':
      if (races === 'none' || (races === 'failed' && event.outcome !== 'failed')) return null
      return event.outcome === 'failed' ? 'warn' : 'info'
    case 'close':
      return 'info'
    case 'request':
      return 'debug'
    case 'rejected':
      return event.probe || event.reason === 'banned' ? 'debug' : 'warn'
  }
}

/** A race without its trace. */
export type FinishedRace = Omit<EventOf<'race'>, 'type' | 'trace'>

/** The fields of a race's line. */
type RaceFields = Omit<FinishedRace, 'summary' | 'error' | 'reply'> &
  RaceRecord & {
    readonly event: 'race'
    readonly error: FinishedRace['error']
    /** Present only if the race failed. */
    readonly reply: number | null | undefined
  }

export const raceFields = (race: FinishedRace): RaceFields => {
  const record = raceRecord(race.summary)
  const { conn, listener, protocol, client, user, target, outcome, error, reply } = race
  return {
    event: 'race',
    conn,
    listener,
    protocol,
    client,
    user,
    target,
    outcome,
    durationMs: record.durationMs,
    confirmedMs: record.confirmedMs,
    winner: record.winner,
    dns: record.dns,
    attempts: record.attempts,
    untried: record.untried,
    hidden: record.hidden,
    error: error && { code: error.code, message: error.message },
    reply: outcome === 'failed' ? reply : undefined,
  }
}

const raceLine = (event: EventOf<'race'>): Omit<Line, 'level'> => {
  const fields = raceFields(event)
  const { target, outcome, error, winner } = fields
  const took = `after ${Math.round(fields.durationMs)} ms`
  const end =
    outcome === 'won'
      ? `won by ${winner?.address} ${took}`
      : `${outcome} ${took}${error ? `: ${error.message}` : ''}`
  return {
    fields,
    msg: `${target ?? 'race'} ${end}`,
  }
}

const requestLine = (event: EventOf<'request'>): Omit<Line, 'level'> => {
  const { conn, listener, protocol, client, user, target } = event
  const { method, path, status, bytesUp, bytesDown } = event
  const durationMs = roundMs(event.durationMs)
  const response = status === null ? 'got no response' : `got ${status}`
  return {
    fields: {
      event: 'request',
      conn,
      listener,
      protocol,
      client,
      user,
      target,
      method,
      path,
      status,
      bytesUp,
      bytesDown,
      durationMs,
    },
    msg: `${method} ${target}${path} ${response} after ${Math.round(durationMs)} ms`,
  }
}

const closeLine = (event: EventOf<'close'>): Omit<Line, 'level'> => {
  const { conn, listener, protocol, client, user, target, reason } = event
  const { bytesUp, bytesDown, engine } = event
  const durationMs = roundMs(event.durationMs)
  return {
    fields: {
      event: 'close',
      conn,
      listener,
      protocol,
      client,
      user,
      target,
      bytesUp,
      bytesDown,
      durationMs,
      engine,
      reason,
    },
    msg: `${target ?? client} closed (${reason}) after ${Math.round(durationMs)} ms, ${bytesUp} bytes up, ${bytesDown} bytes down`,
  }
}

const rejectedLine = (event: EventOf<'rejected'>): Omit<Line, 'level'> => {
  const { conn, listener, protocol, client, user, target, reply, message } = event
  const reason = event.reason === 'banned' ? 'auth' : event.reason
  return {
    fields: { event: 'rejected', conn, listener, protocol, client, user, target, reason, reply },
    msg: `${client} rejected (${reason}): ${message}`,
  }
}

/** The line for a connection event, without its level. */
export const connectionLine = (event: ListenerEvent): Omit<Line, 'level'> => {
  switch (event.type) {
    case 'accepted': {
      const { conn, listener, client } = event
      return {
        fields: { event: 'accepted', conn, listener, client },
        msg: `${listener} accepted a connection from ${client}`,
      }
    }
    case 'race':
      return raceLine(event)
    case 'request':
      return requestLine(event)
    case 'close':
      return closeLine(event)
    case 'rejected':
      return rejectedLine(event)
  }
}
