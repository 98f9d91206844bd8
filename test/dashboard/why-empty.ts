import t from 'tap'
import { whyEmpty } from '../../src/dashboard/why-empty.ts'
import { statusAnswer } from '../fixtures/status-answer.ts'

t.test('an empty list says why', async t => {
  const some = { link: 'live', status: statusAnswer() } as const
  const races = { won: { 4: 0, 6: 0 }, failed: 0, aborted: 0, hidden: 0 }
  const none = { link: 'live', status: statusAnswer({ races }) } as const
  t.equal(whyEmpty({ link: 'connecting', status: null }, 0, false), 'Not known yet.')
  t.equal(whyEmpty({ ...some, link: 'connecting' }, 0, false), 'Not known yet.')
  t.match(whyEmpty(none, 0, false), /^No race yet/)
  t.match(whyEmpty(none, 0, true), /^No race fits/)
  t.match(whyEmpty(some, 3, false), /^Newer races/)
  t.match(whyEmpty(some, 0, false), /kept none of 7 races: admin\.raceHistory/)
})
