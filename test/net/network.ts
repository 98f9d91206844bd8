import { createNetwork } from '../../src/net/network.ts'
import { createRealClock } from '../../src/net/real-clock.ts'
import { testNetwork } from '../fixtures/network-cases.ts'

testNetwork(createNetwork({ clock: createRealClock() }))
