import t from 'tap'
import type { AccessClient } from '../../src/access/types.ts'
import { judgeFor } from '../../src/listener/session-judge.ts'

const CLIENT: AccessClient = { ip: null, user: 'eve', isLocal: true }
const CANDIDATE = { host: 'example.com', address: '64:ff9b::1', port: 80, source: 'dns' }

t.test("the daemon's own listeners come before every rule", async t => {
  const own = new Set<string>()
  const asked: unknown[] = []
  const judge = judgeFor(
    {
      isOwnListener: address => own.has(address),
      access: {
        hasPaths: false,
        beforeLookup: () => undefined,
        judge: (client, candidate) => {
          asked.push([client, candidate])
          return { code: 'ERR_ACCESS_DENIED', rule: 2 }
        },
      },
    },
    CLIENT,
  )
  t.same(judge(CANDIDATE), { code: 'ERR_ACCESS_DENIED', rule: 2 })
  t.same(asked, [[CLIENT, CANDIDATE]])
  own.add('127.0.0.1')
  t.same(judge({ ...CANDIDATE, embedded: '127.0.0.1' }), { code: 'ERR_LOOP' })
  own.add('64:ff9b::1')
  t.same(judge(CANDIDATE), { code: 'ERR_LOOP' })
  t.equal(asked.length, 1)
})
