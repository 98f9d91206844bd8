import t from 'tap'

import { createConnectionIds } from '../../src/listener/connection-ids.ts'

t.test('ids are short, unique and begin anywhere', async t => {
  const next = createConnectionIds(() => 0)
  t.same([next(), next(), next()], ['c0', 'c1', 'c2'])
  const high = createConnectionIds(() => 0.999_999_999)
  t.same([high(), high()], ['czzzz', 'c10000'])
  const second = createConnectionIds(() => 0, '-2')
  t.same([second(), second()], ['c0-2', 'c1-2'], 'those of another process are others')
})
