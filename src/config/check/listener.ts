import { formatListenAddress } from '../../core/listen-address.ts'
import { isLoopback, parseListen } from '../listen-addresses.ts'
import type { Finding, KeyPath } from '../problem.ts'
import { listenerSchema } from '../schema/listener.ts'
import type { ListenerInput } from '../schema/listener.ts'
import type { SoundPart } from './sound-part.ts'
import { isMapping, soundPart } from './sound-part.ts'

type Given = Readonly<Record<string, unknown>>

const notWith = (key: string, message: string): Finding => ({ path: [key], what: 'key', message })

const checkProtocol = (given: Given, protocol: ListenerInput['protocol']): readonly Finding[] => {
  if (protocol === 'socks') {
    if (!('target' in given)) return []
    return [notWith('target', 'is not allowed with protocol socks, whose clients name the target')]
  }
  const findings: Finding[] = []
  if (!('target' in given)) {
    const message = 'is missing; allowed: host:port or a list of them, which protocol forward needs'
    findings.push({ path: ['target'], what: 'value', message })
  }
  // A login that no client is asked for would give a false sense of security.
  if ('auth' in given) {
    const message =
      'is not allowed with protocol forward, which cannot ask for a login; use clients'
    findings.push(notWith('auth', message))
  }
  return findings
}

const checkReach = (given: Given, sound: SoundPart<ListenerInput>): readonly Finding[] => {
  const { listen, protocol } = sound
  if (listen === undefined) return []
  const addresses = parseListen(listen)
  const findings: Finding[] = []
  if (!addresses.some(({ type }) => type === 'unix')) {
    const message = 'is not allowed here: only a UNIX socket (unix:/path) has it'
    for (const key of ['mode', 'group']) if (key in given) findings.push(notWith(key, message))
  }
  const reachable = addresses.find(address => !isLoopback(address))
  const guarded = (protocol !== 'forward' && 'auth' in given) || 'clients' in given
  if (reachable && !guarded && sound.open !== true) {
    const auth = protocol === 'forward' ? '' : 'auth (clients log in), '
    const message =
      `found ${formatListenAddress(reachable)}, which others can reach, with nothing that says who may use it; ` +
      `allowed: a loopback address, or with it one of ${auth}clients (--clients: who may connect), ` +
      'open: true (--open: anybody may)'
    findings.push({ path: ['listen'], what: 'value', message })
  }
  return findings
}

/** Checks one listener beyond its single keys. Paths start at the listener. */
export const checkListener = (value: unknown): readonly Finding[] => {
  if (!isMapping(value)) return []
  const sound = soundPart(listenerSchema, value)
  const { protocol } = sound
  return [...(protocol ? checkProtocol(value, protocol) : []), ...checkReach(value, sound)]
}

/** Prefixes the findings of a part with the path of that part. */
export const under = (base: KeyPath, findings: readonly Finding[]): readonly Finding[] =>
  findings.map(finding => ({ ...finding, path: [...base, ...finding.path] }))
