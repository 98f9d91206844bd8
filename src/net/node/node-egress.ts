import type { Socket, TcpNetConnectOpts } from 'node:net'
import { connect } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { Egress, EgressOverride } from '../../core/egress.ts'
import { NATIVE_OPTIONS, PLAIN_EGRESS, bindOf, usesFamily } from '../../core/egress.ts'
import type { EgressNetworks, MissingEgress } from '../egress-networks.ts'
import { createHostFacts } from '../host/host-facts.ts'
import type { Interfaces } from '../host/interfaces.ts'
import type { SourceTurns } from '../host/source-address.ts'
import type { Connect, OnExhausted } from '../network.ts'
import { notConnected } from '../network.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { SOCKET_OPTIONS } from '../socket-tuning.ts'
import { createNodeConnect } from './node-connect.ts'
import { createOpenMessageStream } from './open-message-stream.ts'
import { createOpenUdp, reportExhausted } from './open-udp.ts'

const missing = (egress: Egress): MissingEgress | undefined => {
  const key = NATIVE_OPTIONS.find(each => egress[each] !== PLAIN_EGRESS[each])
  const reason =
    "which Node's sockets cannot do: it needs Linux, and pipe.engine splice (or auto, where that runs)"
  return key && { key, reason }
}

type Parts = {
  readonly hasInterface: (name: string) => boolean
  readonly tuning: Pick<SocketTuning, 'connected' | 'keepOwn'>
  readonly onExhausted?: OnExhausted | undefined
}

/** Connects with the options of an egress that Node can set. */
const connectWith = (
  { hasInterface, tuning, onExhausted }: Parts,
  egress: Egress,
): Connect<Socket> => {
  const { noDelay, keepAlive } = egress
  const open = (options: TcpNetConnectOpts): Socket => {
    const source = bindOf(egress, options.family === 6 ? 6 : 4)
    const from = source === null ? {} : { localAddress: source }
    return connect({ ...options, ...SOCKET_OPTIONS, noDelay, ...from })
  }
  const onConnected = (socket: Socket): void => {
    tuning.connected(socket)
    if (keepAlive !== undefined) tuning.keepOwn(socket, keepAlive)
  }
  const begin = createNodeConnect({ hasInterface, open, onConnected, onExhausted })
  return (endpoint, settle) => {
    if (bindOf(egress, endpoint.family) !== 'none') return begin(endpoint, settle)
    let isOpen = true
    process.nextTick(() => {
      if (isOpen) settle({ ...notConnected(endpoint, 'EADDRNOTAVAIL', false), noEgress: true })
    })
    return () => (isOpen = false)
  }
}

/** Connects with one egress; that of an endpoint replaces it key by key. */
const createNodeEgressConnect = (parts: Parts, own: Egress): Connect<Socket> => {
  const plain = connectWith(parts, own)
  const replaced = new WeakMap<EgressOverride, Connect<Socket>>()
  return (endpoint, settle) => {
    const { egress } = endpoint
    if (!egress) return plain(endpoint, settle)
    const known = replaced.get(egress) ?? connectWith(parts, { ...own, ...egress })
    replaced.set(egress, known)
    return known(endpoint, settle)
  }
}

/** Networks of an egress by Node's sockets: they have source addresses, `noDelay` and keepalive. */
export const createNodeEgress = ({
  clock,
  interfaces,
  tuning,
  turns,
  onExhausted,
}: {
  readonly clock: Clock
  readonly interfaces: () => Interfaces
  readonly tuning: SocketTuning
  readonly turns: SourceTurns
  readonly onExhausted?: OnExhausted | undefined
}): EgressNetworks<Socket> => {
  const hasInterface = (name: string): boolean => interfaces().names.has(name)
  return {
    missing,
    connect: egress => createNodeEgressConnect({ hasInterface, tuning, onExhausted }, egress),
    path: path => ({
      facts: createHostFacts({ clock, interfaces, path, turns, onExhausted }),
      dns: {
        openUdp: reportExhausted(createOpenUdp(hasInterface, path), onExhausted),
        uses: family => usesFamily(path, family),
        openStream: createOpenMessageStream(hasInterface, undefined, path),
      },
    }),
  }
}
