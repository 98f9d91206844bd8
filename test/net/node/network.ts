import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { createNetwork } from '../../../src/net/node/network.ts'
import { testNetwork } from '../../fixtures/network-cases.ts'

testNetwork(createNetwork({ clock: createRealClock() }))
