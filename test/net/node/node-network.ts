import type { Socket } from 'node:net'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { createNodeNetwork, watchNodeFirstByte } from '../../../src/net/node/node-network.ts'
import { testNetwork } from '../../fixtures/network-cases.ts'
import { socketPair } from '../../fixtures/socket-pair.ts'
import { testWatch } from '../../fixtures/watch-cases.ts'

testNetwork(createNodeNetwork({ clock: createRealClock() }))

testWatch<Socket>({
  watch: watchNodeFirstByte,
  pair: async t => {
    const { outer, inner } = await socketPair(t)
    return { ours: outer, target: inner }
  },
  readAhead: socket => socket.bytesRead,
  isPaused: socket => socket.isPaused(),
})
