import t from 'tap'
import { wentAway } from '../../../src/listener/protocols/went-away.ts'

t.test('what the log says', async t => {
  t.same(wentAway('left', 'request', 100), {
    reason: 'protocol',
    message: 'the client left while the request was awaited',
  })
  t.same(wentAway('timeout', 'verification', 100), {
    reason: 'timeout',
    message: 'the handshake timed out after 100 ms while the verification was awaited',
  })
})
