import type { Socket } from 'node:net'
import { watchFirstByte } from '../../../src/net/node/watch.ts'
import { socketPair } from '../../fixtures/socket-pair.ts'
import { testWatch } from '../../fixtures/watch-cases.ts'

testWatch<Socket>({
  watch: watchFirstByte,
  pair: async t => {
    const { outer, inner } = await socketPair(t)
    return { ours: outer, target: inner }
  },
  readAhead: socket => socket.bytesRead,
  isPaused: socket => socket.isPaused(),
})
