import t from 'tap'
import { residentBytes } from '../../../src/net/host/resident-bytes.ts'

t.test('the resident set of this process', async t => {
  t.ok((residentBytes() ?? 0) > 1e6)
})

t.test('null where Node cannot read it', async t => {
  t.intercept(process.memoryUsage, 'rss', {
    value: () => {
      throw Object.assign(new Error('uv_resident_set_memory'), { code: 'ENOENT' })
    },
  })
  t.equal(residentBytes(), null)
})
