import t from 'tap'
import { createRecordMask } from '../../src/log/record-mask.ts'

const record = {
  client: '192.0.2.1:5000',
  target: 'a.example:443',
  winner: { address: '198.51.100.7', port: 443 },
  attempts: [{ address: '198.51.100.7' }, { address: '192.0.2.1' }],
  user: null,
  hidden: true,
}

t.test('without paths a record is what it was', async t => {
  t.equal(createRecordMask([])(record), record)
})

t.test('fields are masked, and their values elsewhere', async t => {
  const mask = createRecordMask(['client', 'attempts[0].address', 'hidden'])
  const masked = '[Redacted]'
  for (let i = 0; i < 2; i++)
    t.same(mask(record), {
      ...record,
      client: masked,
      winner: { address: masked, port: 443 },
      attempts: [{ address: masked }, { address: masked }],
      hidden: masked,
    })
  t.equal(record.client, '192.0.2.1:5000', 'the record itself stays')
})

t.test('nothing of one record is searched for in the next', async t => {
  const mask = createRecordMask(['client'])
  mask({ client: 'alice', target: 'alice' })
  t.same(mask({ client: 'bob', target: 'alice' }), { client: '[Redacted]', target: 'alice' })
})
