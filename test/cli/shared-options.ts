import t from 'tap'
import { RACE_TIMING, timing } from '../../src/cli/shared-options.ts'

t.test('durations have their default in the help', async t => {
  t.same(timing('connect-timeout', 'Time', '30s'), {
    name: 'connect-timeout',
    type: 'text',
    value: 'DURATION',
    about: 'Time',
    default: '30s',
  })
  t.same(
    RACE_TIMING.map(({ name }) => name),
    ['connection-attempt-delay', 'resolution-delay', 'connect-timeout'],
  )
})
