import t from 'tap'
import { LIMITS, PIPE } from '../../../src/config/table/connections.ts'
import { readField } from '../../fixtures/read-field.ts'

t.test('limits and timeouts have bounds', async t => {
  t.match(readField(PIPE, { idleTimeout: '0' }).messages, [/allowed: 1ms or more/])
  t.match(readField(PIPE, { halfCloseTimeout: '1ms' }).value, { halfCloseTimeoutMs: 1 })
  t.match(readField(LIMITS, { maxConnections: 0 }).messages, [/from 1 to 10000000/])
  t.match(readField(LIMITS, { maxConnectionsPerClient: 0, authFailureDelay: 0 }).value, {
    maxConnectionsPerClient: 0,
    authFailureDelayMs: 0,
  })
})
