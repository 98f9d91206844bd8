import t from 'tap'
import { createSystemConfig } from '../../src/resolver/system-config.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createMemoryFiles } from '../fixtures/memory-files.ts'

const PATH = '/etc/resolv.conf'

t.test('the system is read, and read again when it changes', async t => {
  const clock = createHandClock()
  const files = createMemoryFiles({ [PATH]: 'search a.example\noptions ndots:2' })
  let systemServers = (): readonly string[] => ['192.0.2.1']
  const config = createSystemConfig({
    path: PATH,
    files,
    clock,
    systemServers: () => systemServers(),
    servers: undefined,
    search: undefined,
    ndots: undefined,
  })
  t.same(await config.current(), { servers: ['192.0.2.1'], search: ['a.example'], ndots: 2 })

  systemServers = () => ['192.0.2.2']
  clock.advance(1000)
  t.match(await config.current(), { servers: ['192.0.2.1'] }, 'the file has not changed')
  files.set(PATH, 'search b.example')
  clock.advance(1000)
  t.same(await config.current(), { servers: ['192.0.2.2'], search: ['b.example'], ndots: 1 })

  systemServers = () => {
    throw new Error('no descriptor is free')
  }
  files.set(PATH, undefined)
  clock.advance(1000)
  t.same(await config.current(), { servers: ['192.0.2.2'], search: [], ndots: 1 })
})

t.test("what is given by hand stands in place of the system's", async t => {
  const config = createSystemConfig({
    path: PATH,
    files: createMemoryFiles({ [PATH]: 'search a.example\noptions ndots:2' }),
    clock: createHandClock(),
    systemServers: () => {
      t.fail('the system is not asked')
      return []
    },
    servers: ['192.0.2.9'],
    search: ['B.example.', 'not a domain'],
    ndots: 99,
  })
  t.same(await config.current(), { servers: ['192.0.2.9'], search: ['b.example'], ndots: 15 })
})
