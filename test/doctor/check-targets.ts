import t from 'tap'
import { checkTarget } from '../../src/doctor/check-targets.ts'
import type { ProbeResult } from '../../src/net/node/tls-probe.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

const FINE: ProbeResult = { connectMs: 5, tlsMs: 12, code: null, certificate: null }
const STUCK: ProbeResult = { connectMs: 5, tlsMs: null, code: 'ETIMEDOUT', certificate: null }
const DEAD: ProbeResult = { connectMs: null, tlsMs: null, code: 'ETIMEDOUT', certificate: null }

const look = async (
  t: { teardown: (run: () => void) => unknown },
  six: ProbeResult,
  four: ProbeResult,
  { up = ['2001:db8::1'], port = 443, host: name = 'a.example' } = {},
) => {
  const { races, sockets, end } = createScriptedRaces({
    names: { 'a.example': ['2001:db8::1', '192.0.2.1'] },
    up,
  })
  t.teardown(end)
  const asked: (string | null)[] = []
  const host = createDoctorHost({
    races,
    probeTls: async ({ address, servername }) => {
      asked.push(servername)
      return address.includes(':') ? six : four
    },
  })
  const { findings, race } = await checkTarget({ host: name, port }, host)
  const texts = findings.map(({ id, severity, message }) => `${id} ${severity}: ${message}`)
  return { texts, race, sockets, asked }
}

t.test('a target that both families reach', async t => {
  const { texts, race, sockets, asked } = await look(t, FINE, FINE)
  t.match(texts, [
    /^race ok: a\.example:443 won by \[2001:db8::1\]:443 after \d+ ms$/,
    'target.ipv6 ok: a.example:443 by IPv6 (2001:db8::1) connects in 5 ms, TLS after 12 ms',
    'target.ipv4 ok: a.example:443 by IPv4 (192.0.2.1) connects in 5 ms, TLS after 12 ms',
  ])
  t.match(race, { target: 'a.example:443', outcome: 'won' })
  t.ok(sockets.every(({ destroyed }) => destroyed))
  t.strictSame(asked, ['a.example', 'a.example'])
})

t.test('a family that fails', async t => {
  const { texts } = await look(t, DEAD, FINE, { up: ['192.0.2.1'] })
  t.match(texts[0], /^race warning: .* because a better address failed: a hidden failure$/)
  t.match(texts[1], /^target\.ipv6 warning: .* does not answer within 4 s$/)
  const none = await look(t, DEAD, DEAD, { up: [] })
  t.match(none.texts[0], /^race problem: a\.example:443 cannot be reached: no address answered/)
})

t.test('a path that loses large packets', async t => {
  const { texts } = await look(t, STUCK, FINE)
  t.match(texts[1], /^mtu\.black-hole problem: .* connects, and the TLS handshake gets no answer/)
  const both = await look(t, STUCK, STUCK)
  t.match(both.texts[1], /^mtu\.black-hole warning/, 'the server may be the one that is silent')
})

t.test('a TLS handshake that fails', async t => {
  const reset: ProbeResult = { ...STUCK, code: 'ECONNRESET' }
  const { texts } = await look(t, reset, FINE)
  t.match(
    texts[1],
    /^target\.ipv6 warning: .* connects in 5 ms, and the TLS handshake fails \(ECONNRESET\)$/,
  )
})

t.test('other ports have no TLS, and a name without addresses has no family', async t => {
  const { asked } = await look(t, { ...FINE, tlsMs: null }, FINE, { port: 5432 })
  t.strictSame(asked, [null, null])
  const dotted = await look(t, FINE, FINE, { host: 'a.example.' })
  t.ok(
    dotted.asked.every(name => name === 'a.example'),
    'a server name has no final dot',
  )
  const { texts } = await look(t, FINE, FINE, { host: 'none.example' })
  t.strictSame(texts, ['race problem: none.example:443 cannot be reached: no such name (NXDOMAIN)'])
})

t.test('a certificate that is not valid now speaks of the clock', async t => {
  const { texts } = await look(t, { ...FINE, certificate: 'CERT_NOT_YET_VALID' }, FINE)
  t.match(texts[2], /^clock warning: The certificate of a\.example:443 is not valid now/)
  const own = await look(t, { ...FINE, certificate: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, FINE)
  t.equal(own.texts.length, 3)
})
