import type { DaemonEvent, Line } from './types.ts'

/** Texts for a lack of descriptors or memory, by the system's error code. */
const EXHAUSTED_TEXTS: Readonly<Record<string, string>> = {
  EMFILE: 'this process has no file descriptor left (EMFILE); raise its limit on open files',
  ENFILE: 'this system has no file descriptor left (ENFILE)',
  ENOBUFS: 'this system has no memory left for sockets (ENOBUFS)',
  ENOMEM: 'this system has no memory left (ENOMEM)',
}

const connectionsOf = (count: number): string =>
  `${count} ${count === 1 ? 'connection' : 'connections'}`

/** A duration in seconds; in milliseconds below one second. */
const timeOf = (ms: number): string => (ms > 0 && ms < 1000 ? `${ms} ms` : `${ms / 1000} s`)

const CLIENTS: Readonly<Record<string, string>> = {
  mixed: 'SOCKS and HTTP',
  socks: 'SOCKS',
  http: 'HTTP',
}

/** The line for an event of the daemon itself. */
export const daemonLine = (event: DaemonEvent): Line => {
  switch (event.type) {
    case 'listening': {
      const { listener, protocol, address, connections } = event
      return {
        level: 'info',
        fields: { event: 'listening', listener, protocol, address, connections },
        msg: `${listener} accepts ${CLIENTS[protocol] ?? protocol} connections on ${address}, at most ${connections} at a time`,
      }
    }
    case 'skipped': {
      const { listener, address, message } = event
      return {
        level: 'info',
        fields: { event: 'skipped', listener, address },
        msg: `${listener} does not listen on ${address}: ${message}`,
      }
    }
    case 'engine': {
      const { engine, workers, reason } = event
      const threads = `${workers} ${workers === 1 ? 'thread' : 'threads'}`
      return {
        level: 'info',
        fields: { event: 'engine', engine, workers, ...(reason === undefined ? {} : { reason }) },
        msg:
          engine === 'splice'
            ? `the splice engine relays connections with ${threads}`
            : `the stream engine relays connections${reason === undefined ? '' : `, because splice cannot run: ${reason}`}`,
      }
    }
    case 'limit': {
      const { connections, maxConnections, openFiles } = event
      const why =
        connections < maxConnections
          ? `the limit of ${openFiles} open files allows no more (limits.maxConnections is ${maxConnections})`
          : 'limits.maxConnections'
      return {
        level: 'info',
        fields: { event: 'limit', connections, maxConnections, openFiles },
        msg: `eyeballd accepts at most ${connectionsOf(connections)} at a time: ${why}`,
      }
    }
    case 'exhausted': {
      const { what, code, failures } = event
      const count =
        failures > 1 ? `; this happened ${failures} times since the previous such line` : ''
      return {
        level: 'error',
        fields: { event: 'exhausted', what, code, failures },
        msg: `cannot ${what}: ${EXHAUSTED_TEXTS[code] ?? code}${count}`,
      }
    }
    case 'banned': {
      const { client, failures, banMs } = event
      const logins = failures === 1 ? '1 login' : `${failures} logins`
      return {
        level: 'warn',
        fields: { event: 'banned', client, failures, banMs },
        msg: `${client} is banned for ${timeOf(banMs)}: ${logins} failed within a minute`,
      }
    }
    case 'hosts-cut': {
      const { path, maxBytes } = event
      return {
        level: 'warn',
        fields: { event: 'hosts-cut', path, maxBytes },
        msg: `eyeballd reads only the first ${maxBytes / 2 ** 20} MiB of ${path}, and looks names after them up by DNS`,
      }
    }
    case 'worker-lost': {
      const { reason, connections, replaced } = event
      const next = replaced
        ? 'another one replaces it'
        : 'none replaces it, because too many died as they started'
      return {
        level: 'error',
        fields: { event: 'worker-lost', connections, replaced },
        msg: `a relay worker died (${reason}): ${connectionsOf(connections)} ${connections === 1 ? 'was' : 'were'} reset, ${next}`,
      }
    }
    case 'reload': {
      const { error, lost, restart = [] } = event
      if (error !== undefined) {
        const changed =
          lost === undefined
            ? 'nothing has changed'
            : `${lost} ${lost === 1 ? 'address is' : 'addresses are'} not open`
        return {
          level: 'error',
          fields: { event: 'reload', error, lost },
          msg: `configuration not reloaded, ${changed}: ${error}`,
        }
      }
      return restart.length === 0
        ? { level: 'info', fields: { event: 'reload' }, msg: 'configuration reloaded' }
        : {
            level: 'warn',
            fields: { event: 'reload', restart },
            msg: `configuration reloaded, except ${restart.join(', ')}: restart eyeballd to apply the rest`,
          }
    }
    case 'users': {
      const { file, error, added = 0, removed = 0, changed = 0 } = event
      if (error !== undefined) {
        return {
          level: 'error',
          fields: { event: 'users', file, error },
          msg: `users file not applied, its users have not changed: ${error}`,
        }
      }
      return {
        level: 'info',
        fields: { event: 'users', file, added, removed, changed },
        msg: `users of ${file} are in force: ${added} added, ${removed} removed, ${changed} with another password`,
      }
    }
    case 'listener-lost': {
      const { listener, protocol, address, message } = event
      return {
        level: 'error',
        fields: { event: 'listener-lost', listener, protocol, address },
        msg: `${listener} no longer listens on ${address} (${protocol}), and tries again: ${message}`,
      }
    }
    case 'drain-delay': {
      const { signal, delayMs, onTerminal = false } = event
      const hint = onTerminal ? '; a second Ctrl-C stops eyeballd at once' : ''
      return {
        level: 'info',
        fields: { event: 'drain-delay', signal, delayMs },
        msg: `eyeballd is about to drain after ${signal}: /readyz answers 503, and connections are accepted for another ${timeOf(delayMs)}${hint}`,
      }
    }
    case 'passed-unused': {
      const { sockets } = event
      return {
        level: 'warn',
        fields: { event: 'passed-unused', sockets },
        msg: `systemd has passed sockets that no listener uses, where clients wait in vain: ${sockets.join(', ')}; listen: systemd:NAME uses those of a name`,
      }
    }
    case 'stalled': {
      const { durationMs } = event
      return {
        level: 'error',
        fields: { event: 'stalled', durationMs },
        msg: `a relay worker has not answered for ${timeOf(durationMs)}: systemd's watchdog is not fed until it answers or is replaced`,
      }
    }
    case 'draining': {
      const { signal, connections, timeoutMs, onTerminal = false } = event
      const hint = onTerminal && connections > 0 ? '; a second Ctrl-C ends them at once' : ''
      return {
        level: 'info',
        fields: { event: 'draining', signal, connections, timeoutMs },
        msg: `eyeballd drains after ${signal}: ${connectionsOf(connections)} ${connections === 1 ? 'has' : 'have'} ${timeOf(timeoutMs)} to end${hint}`,
      }
    }
    case 'stopped': {
      const { connections } = event
      return connections === undefined
        ? { level: 'info', fields: { event: 'stopped' }, msg: 'eyeballd has stopped' }
        : {
            level: 'error',
            fields: { event: 'stopped', connections },
            msg: `eyeballd has stopped, although ${connectionsOf(connections)} could not be ended: a relay worker hangs`,
          }
    }
    case 'process-lost': {
      const { process, reason, connections, restartMs } = event
      return {
        level: 'error',
        fields: { event: 'process-lost', process, connections, restartMs },
        msg: `worker process ${process} ended (${reason}) with about ${connectionsOf(connections)}; another one starts in ${timeOf(restartMs)}`,
      }
    }
    case 'process-started': {
      const { process } = event
      return {
        level: 'info',
        fields: { event: 'process-started', process },
        msg: `worker process ${process} replaces one that ended, and serves`,
      }
    }
    case 'dropped': {
      const { lines } = event
      return {
        level: 'warn',
        fields: { event: 'dropped', lines },
        msg: `the log dropped ${lines} ${lines === 1 ? 'line' : 'lines'}: its reader was too slow, or its disk was full`,
      }
    }
    case 'fatal': {
      const { code, message } = event
      return { level: 'fatal', fields: { event: 'fatal', code }, msg: message }
    }
  }
}
