import t from 'tap'
import type { RaceTrace } from '../../src/eyeballs/race/types.ts'
import { createRaceTally } from '../../src/log/race-tally.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

const tracesOf = async (targets: readonly string[]): Promise<readonly RaceTrace[]> => {
  const { races, end } = createScriptedRaces({
    names: {
      'six.example': ['2001:db8::1', '192.0.2.1'],
      'hidden.example': ['2001:db8::2', '192.0.2.1'],
      'down.example': ['192.0.2.9'],
    },
    up: ['2001:db8::1', '192.0.2.1'],
  })
  const results = []
  for (const host of targets) results.push(await races.dial({ targets: [{ host, port: 443 }] }))
  end()
  return results.map(({ trace }) => trace)
}

t.test('the line counts by family, failures and hidden failures', async t => {
  const tally = createRaceTally()
  for (const trace of await tracesOf(['six.example', 'hidden.example', 'down.example'])) {
    tally.add(trace)
  }
  t.match(
    tally.line(),
    /^3 races, 1 won by IPv6, 1 by IPv4, 1 failed, 1 hidden failure; slowest: hidden\.example:443 after \d+ ms$/,
  )
})

t.test('without a winner nothing is the slowest', async t => {
  const tally = createRaceTally()
  for (const trace of await tracesOf(['down.example'])) tally.add(trace)
  t.equal(tally.line(), '1 race, 0 won by IPv6, 0 by IPv4, 1 failed, 0 hidden failures')
})
