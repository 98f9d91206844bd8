import t from 'tap'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { createOpenUdp, reportExhausted } from '../../../src/net/node/open-udp.ts'
import { until } from '../../fixtures/socket-pair.ts'
import { serverOn, testUdp } from '../../fixtures/udp-cases.ts'

const hasInterface = (name: string): boolean => name === 'lo'

testUdp(createOpenUdp(hasInterface))

void t.test('a path has its source address, or sends nothing', async t => {
  const { heard, endpoint } = await serverOn(t)
  const failures: string[] = []
  const from = (bind4: string): void => {
    const open = createOpenUdp(hasInterface, { ...PLAIN_EGRESS, bind4 })
    const socket = open(endpoint, { message: () => {}, failed: code => failures.push(code) })
    t.teardown(socket.close)
    socket.send(Buffer.from(bind4))
  }
  from('127.0.0.9')
  await until('a datagram arrives', () => heard.length === 1)
  t.equal(heard[0]?.from.address, '127.0.0.9')
  from('192.0.2.9')
  from('none')
  await until('both fail', () => failures.length === 2)
  t.same(failures, ['EADDRNOTAVAIL', 'EADDRNOTAVAIL'])
  t.equal(heard.length, 1)
})

void t.test('only a lack of descriptors or memory is reported', t => {
  const reported: string[] = []
  const failed: string[] = []
  const fail = (code: string): void => {
    const open = reportExhausted(
      (_endpoint, events) => {
        events.failed(code)
        return { send: () => {}, close: () => {} }
      },
      (...what) => reported.push(what.join(' ')),
    )
    const events = { message: () => {}, failed: (each: string) => failed.push(each) }
    open({ address: '192.0.2.1', family: 4, port: 53 }, events)
  }
  fail('EMFILE')
  fail('ECONNREFUSED')
  t.same(failed, ['EMFILE', 'ECONNREFUSED'])
  t.same(reported, ['ask a DNS server EMFILE'])
  t.end()
})
