import t from 'tap'
import { systemServers } from '../../../src/net/host/system-servers.ts'

t.test('Windows has a list of servers, other systems use this host', async t => {
  t.same(
    systemServers('win32', () => ['192.0.2.53']),
    ['192.0.2.53'],
  )
  t.same(
    systemServers('linux', () => {
      throw new Error('not asked')
    }),
    ['127.0.0.1'],
  )
  t.ok(systemServers('win32').length > 0, 'as Node has it here')
  t.ok(systemServers().length > 0)
})
