import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import { createAdminRoutes } from '../../src/daemon/admin-routes.ts'
import { createRecordMask } from '../../src/log/record-mask.ts'
import { adminRequest, bodyOf } from '../fixtures/admin-request.ts'
import { emptyView } from '../fixtures/daemon-view.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

let config: Config | null = null

const routes = createAdminRoutes({
  clock: createHandClock(),
  view: emptyView(),
  status: () => ({ state: 'serving', processes: 1, lost: 0 }),
  version: () => '1.2.3',
  lastReload: () => null,
  reloads: () => ({ eyeballd_config_reloads_total: new Map([['failure', 2]]) }),
  config: () => config,
  mask: () => createRecordMask([]),
})

const get = async (path: string) => {
  const answer = await routes.get(path)?.answer(adminRequest())
  return { status: answer?.status, type: answer?.type, body: await bodyOf(answer) }
}

t.test('each path has a route', async t => {
  for (const path of ['/', '/app.js', '/app.css', '/healthz', '/readyz'])
    t.match(routes.get(path), { isPublic: true }, path)
  for (const path of [
    '/status',
    '/races',
    '/races/stream',
    '/connections',
    '/history',
    '/race',
    '/config',
    '/metrics',
  ])
    t.match(routes.get(path), { isPublic: false }, path)
  t.match(JSON.parse((await get('/status')).body), { version: '1.2.3' })
  const { body } = await get('/metrics')
  t.match(body, /^eyeballd_build_info\{version="1\.2\.3"\} 1$/m)
  t.match(body, /^eyeballd_config_reloads_total\{outcome="failure"\} 2$/m)
  t.match(await get('/'), { status: 404, body: /no dashboard/ }, 'the sources have none')
})

t.test('/config shows what is in force, without secrets', async t => {
  t.match(await get('/config'), { status: 503 })
  config = parseConfig('{ admin: { token: hunter2 }, drainTimeout: 7s }', 'f')
  const { status, type, body } = await get('/config')
  t.match({ status, type }, { status: 200, type: /^application\/yaml/ })
  t.match(body, 'drainTimeout: 7s')
  t.match(body, 'token: (hidden)')
  t.notMatch(body, 'hunter2')
})
