import t from 'tap'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { createOpenMessageStream } from '../../../src/net/node/open-message-stream.ts'
import { serverOn, testMessageStream } from '../../fixtures/message-stream-cases.ts'
import { until } from '../../fixtures/socket-pair.ts'

const hasInterface = (name: string): boolean => name === 'lo'

testMessageStream(idleTimeoutMs => createOpenMessageStream(hasInterface, idleTimeoutMs))

void t.test('a path has its source address, or connects nowhere', async t => {
  const { sockets, endpoint } = await serverOn(t, () => {})
  const ends: (string | null)[] = []
  const from = (bind4: string): void => {
    const open = createOpenMessageStream(hasInterface, undefined, { ...PLAIN_EGRESS, bind4 })
    const stream = open(endpoint, { message: () => {}, closed: code => ends.push(code) })
    t.teardown(stream.close)
  }
  from('127.0.0.9')
  await until('a connection comes', () => sockets.length === 1)
  t.equal(sockets[0]?.remoteAddress, '127.0.0.9')
  from('192.0.2.9')
  from('none')
  await until('both fail', () => ends.length === 2)
  t.same(ends, ['EADDRNOTAVAIL', 'EADDRNOTAVAIL'])
})
