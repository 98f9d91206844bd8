import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { openLoopbackPeers } from '../../../src/net/host/loopback-peers.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'

testLeavingNothing('a server that closes, and a DNS server that knows no name', async t => {
  const peers = await openLoopbackPeers()
  const tcp = connect(peers.tcpPort, '127.0.0.1')
  await once(tcp.resume(), 'close')
  t.equal(tcp.bytesRead, 0)
  const udp = createSocket('udp4')
  udp.send(Uint8Array.of(0xab, 0xcd, 0x01, 0x00, 0, 1), peers.dnsPort, '127.0.0.1')
  const [answer] = (await once(udp, 'message')) as [Buffer]
  t.equal(answer.toString('hex'), 'abcd84030001', 'a response (RFC 1035 section 4.1.1), NXDOMAIN')
  udp.close()
  peers.close()
})
