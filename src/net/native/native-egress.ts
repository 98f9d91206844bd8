import type { Clock } from '../../core/clock.ts'
import { PLAIN_EGRESS, usesFamily } from '../../core/egress.ts'
import type { Poller } from '../../libc/epoll-events.ts'
import type { Libc } from '../../libc/libc.ts'
import type { EgressNetworks } from '../egress-networks.ts'
import { createHostFacts } from '../host/host-facts.ts'
import type { Interfaces } from '../host/interfaces.ts'
import type { SourceTurns } from '../host/source-address.ts'
import type { OnExhausted } from '../network.ts'
import { reportExhausted } from '../node/open-udp.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { missingNativeEgress } from './missing-egress.ts'
import { createNativeConnect } from './native-connect.ts'
import { createNativeOpenMessageStream } from './native-open-message-stream.ts'
import { createNativeOpenUdp } from './native-open-udp.ts'
import type { NativeSocket } from './native-socket.ts'
import { createNativeSource } from './native-source.ts'

/** Networks of any egress, with sockets that use calls of the C library. */
export const createNativeEgress = ({
  clock,
  interfaces,
  libc,
  poller,
  tuning,
  turns,
  onExhausted,
}: {
  readonly clock: Clock
  readonly interfaces: () => Interfaces
  readonly libc: Libc
  readonly poller: Poller
  readonly tuning: SocketTuning
  readonly turns: SourceTurns
  readonly onExhausted?: OnExhausted | undefined
}): EgressNetworks<NativeSocket> => {
  const connect: EgressNetworks<NativeSocket>['connect'] = egress =>
    createNativeConnect({ libc, poller, tuning, onExhausted, egress })
  return {
    missing: egress => missingNativeEgress(libc, egress),
    connect,
    path: path => ({
      facts: createHostFacts({
        clock,
        interfaces,
        path,
        ask: createNativeSource(libc, path),
        turns,
        onExhausted,
      }),
      dns: {
        openUdp: reportExhausted(createNativeOpenUdp(libc, poller, path), onExhausted),
        uses: family => usesFamily(path, family),
        openStream: createNativeOpenMessageStream(connect({ ...PLAIN_EGRESS, ...path }), clock),
      },
    }),
  }
}
