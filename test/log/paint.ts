import t from 'tap'
import { createPaint } from '../../src/log/paint.ts'

t.test('colours only where they are asked for', async t => {
  t.equal(createPaint(true)('red', 'x'), '\u001b[31mx\u001b[0m')
  t.equal(createPaint(false)('red', 'x'), 'x')
})
