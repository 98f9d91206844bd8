import t from 'tap'
import { fail } from '../../../src/core/fail.ts'
import type { ListenAddress } from '../../../src/core/listen-address.ts'
import { createSharedListen } from '../../../src/daemon/processes/shared-listen.ts'
import type { HoldAnswer, HoldQuestion, ToldError } from '../../../src/daemon/processes/types.ts'
import type { ListenOptions } from '../../../src/net/node/listen.ts'

const tcp: ListenAddress = { type: 'tcp', host: '127.0.0.1', port: 0 }
const real: ListenAddress = { ...tcp, port: 4321 }
const unix: ListenAddress = { type: 'unix', path: '/run/s' }
const told: ToldError = { code: 'EADDRINUSE', message: 'taken' }
const options: ListenOptions = { onConnection: () => {} }

const rig = (answer: HoldAnswer, placed: ToldError | null = null, listens = true) => {
  const seen: unknown[] = []
  const questions = {
    hold: async (question: HoldQuestion) => {
      seen.push(['hold', question])
      return answer
    },
    place: async (address: ListenAddress) => {
      seen.push(['place', address])
      return placed
    },
    release: (address: ListenAddress) => void seen.push(['release', address]),
  }
  const listen = createSharedListen(
    questions,
    async (address, { boundAs }) => {
      seen.push(['listen', address, boundAs])
      if (!listens) throw fail('EADDRINUSE', 'not here')
      return { address, close: async () => void seen.push(['close']) }
    },
    true,
  )
  return { seen, listen }
}

t.test('a port is asked for, and given back once', async t => {
  const { seen, listen } = rig({ address: real, boundAs: null })
  const bound = await listen(tcp, options)
  t.same(bound.address, real)
  await Promise.all([bound.close(), bound.close()])
  const question = { address: tcp, reusePort: true, mode: 0o600, group: null }
  t.same(seen, [['hold', question], ['listen', real, undefined], ['close'], ['release', real]])
})

t.test('a UNIX socket gets its place when it is listened on', async t => {
  const { seen, listen } = rig({ address: unix, boundAs: '/run/.x' })
  await listen(unix, { ...options, mode: 0o660, group: 'g' })
  t.match(seen, [
    ['hold', { mode: 0o660, group: 'g' }],
    ['listen', unix, '/run/.x'],
    ['place', unix],
  ])
})

t.test('what the primary does not give is not listened on', async t => {
  const { seen, listen } = rig({ error: told })
  await t.rejects(listen(tcp, options), told)
  t.equal(seen.length, 1)
})

t.test('what fails here is given back', async t => {
  const { seen, listen } = rig({ address: real, boundAs: null }, null, false)
  await t.rejects(listen(tcp, options), { code: 'EADDRINUSE', message: 'not here' })
  t.same(seen.at(-1), ['release', real])
  const other = rig({ address: unix, boundAs: '/run/.x' }, told)
  await t.rejects(other.listen(unix, options), told)
  t.same(other.seen.slice(-2), [['close'], ['release', unix]])
})
