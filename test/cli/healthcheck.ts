import t from 'tap'
import { healthcheck } from '../../src/cli/healthcheck.ts'
import type { Exchange } from '../../src/cli/types.ts'
import { formatListenAddress } from '../../src/core/listen-address.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

/** Answers by address; undefined refuses. */
const answering = (answers: Readonly<Record<string, readonly number[]>>) => {
  const asked: unknown[] = []
  const exchange: Exchange = async (address, bytes, count, timeoutMs) => {
    const text = formatListenAddress(address)
    asked.push([text, [...bytes], count, timeoutMs])
    const answer = answers[text]
    if (!answer) throw new Error('connect ECONNREFUSED')
    return Uint8Array.from(answer)
  }
  return { asked, exchange }
}

t.test('any SOCKS5 answer is healthy', async t => {
  for (const answer of [
    [5, 0],
    [5, 255],
  ]) {
    const { asked, exchange } = answering({ '127.0.0.1:1080': answer })
    const io = createFakeIo({ exchange })
    t.equal(await healthcheck({}, io), 0)
    t.strictSame(asked, [['127.0.0.1:1080', [5, 2, 0, 2], 2, 2000]])
    t.equal(io.out(), '127.0.0.1:1080 is healthy\n')
  }
})

t.test('no answer, or another, is not', async t => {
  const io = createFakeIo({ exchange: answering({ '127.0.0.1:1': [72, 84] }).exchange })
  t.equal(await healthcheck({}, io), 1)
  t.equal(io.err(), 'eyeballd: 127.0.0.1:1080 is not healthy: connect ECONNREFUSED\n')
  t.equal(await healthcheck({ proxy: '127.0.0.1:1' }, io), 1)
  t.match(io.err(), 'does not speak SOCKS5')
})

t.test('of localhost one address is enough', async t => {
  const { exchange } = answering({ '[::1]:1': [5, 0] })
  const io = createFakeIo({ exchange, env: { EYEBALLD_PROXY: 'localhost:1' } })
  t.equal(await healthcheck({}, io), 0)
  t.equal(io.out(), '[::1]:1 is healthy\n')
  const socket = createFakeIo({ exchange: answering({ 'unix:/a': [5, 0] }).exchange })
  t.equal(await healthcheck({ proxy: 'unix:/a' }, socket), 0)
})

t.test('an address that is none is a wrong word', async t => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['x', /^--proxy: "x" is not/],
    ['127.0.0.1:0', /^--proxy: found port 0; allowed: 1 to 65535/],
    ['', /^--proxy: found ""/],
  ]
  for (const [proxy, message] of cases) {
    await t.rejects(healthcheck({ proxy }, createFakeIo()), { code: 'ERR_CONFIG', message })
  }
  const io = createFakeIo({ env: { EYEBALLD_PROXY: 'x' } })
  await t.rejects(healthcheck({}, io), { code: 'ERR_CONFIG', message: /^EYEBALLD_PROXY: "x"/ })
})
