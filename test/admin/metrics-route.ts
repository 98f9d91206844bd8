import t from 'tap'
import { createMetricsRoute } from '../../src/admin/metrics-route.ts'
import { adminRequest, bodyOf } from '../fixtures/admin-request.ts'
import { NO_REPORT, emptyView } from '../fixtures/daemon-view.ts'

t.test('metrics of the processes and of the endpoint, in the format of Prometheus', async t => {
  const metrics = { eyeballd_dns_waiting: new Map([['', 3]]) }
  const own = () => ({ eyeballd_build_info: new Map([['1.2.3', 1]]) })
  const route = createMetricsRoute(emptyView({ ...NO_REPORT, metrics }), own).get('/metrics')
  t.equal(route?.isPublic, false, 'a token, if one is configured, is needed')
  const answer = await route?.answer(adminRequest())
  t.match(answer, { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' })
  const lines = (await bodyOf(answer)).split('\n')
  t.ok(lines.includes('eyeballd_build_info{version="1.2.3"} 1'))
  t.ok(lines.includes('eyeballd_dns_waiting 3'))
})

t.test('requests that come while one is answered share its answer', async t => {
  let reports = 0
  const view = {
    ...emptyView(),
    report: async () => {
      reports++
      return NO_REPORT
    },
  }
  const route = createMetricsRoute(view, () => ({})).get('/metrics')
  await Promise.all(Array.from({ length: 100 }, async () => route?.answer(adminRequest())))
  t.equal(reports, 1)
  await route?.answer(adminRequest())
  t.equal(reports, 2)
})

t.test('one that fails leaves the next its own try', async t => {
  let fails = true
  const route = createMetricsRoute(emptyView(), () => {
    if (fails) throw new Error('a bug')
    return {}
  }).get('/metrics')
  await t.rejects(async () => route?.answer(adminRequest()), /a bug/)
  fails = false
  t.match(await route?.answer(adminRequest()), { status: 200 })
})
